extension ModuleFacts {
  /// Every module of which something is known, beside the kernel and the HAL.
  ///
  /// No two export the same name, nor one that the kernel exports: the model knows a routine by its
  /// name alone.
  public static let all: [ModuleFacts] = [
    wmilib, usbd, ksecdd, wppRecorder, werKernel, videoPort, ndis, fwpkclnt, filterManager,
  ]
}
