internal import GuestABI

extension Dispatcher {
  /// The routine that drivers import to ask what the processor can do.
  var processorFeatureExports: [Export] {
    [
      export("ExIsProcessorFeaturePresent") { [self] (feature: UInt32) in
        guard feature < 64 else { return false }
        guard feature < ProcessorIdentity.featureCount else {
          throw Unmodelled("ExIsProcessorFeaturePresent of feature \(feature)")
        }
        let hasPAE = memory.tables.format != .twoLevel
        return ProcessorIdentity.features(hasPAE: hasPAE).contains(Int(feature))
      }
    ]
  }
}
