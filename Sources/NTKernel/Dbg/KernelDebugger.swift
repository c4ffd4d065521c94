internal import GuestABI
internal import NTStructures

/// The kernel's debugger, which the machine was not started with: there is none to talk to.
enum KernelDebugger {
  /// The routines that drivers import.
  static var exports: [Export] {
    // STATUS_DEBUGGER_INACTIVE (Microsoft Docs, nf-wdm-kddisabledebugger and nf-wdm-kdenabledebugger).
    ["KdDisableDebugger", "KdEnableDebugger"].map { name in
      export(name) { () in NTStatus(0xC000_0354) }
    } + [
      export("KdRefreshDebuggerNotPresent") { () in true },
      export("KdChangeOption") {
        (
          option: UInt32,
          inputLength: UInt32,
          input: VirtualAddress,
          outputLength: UInt32,
          output: VirtualAddress,
          neededLength: VirtualAddress
        ) in
        NTStatus(0xC000_0354)
      },
    ]
  }

  /// The routines about the counter that some processors share with their devices: this one has none
  /// (Microsoft Docs, nf-wdm-kequeryauxiliarycounterfrequency).
  static var counterExports: [Export] {
    [
      export("KeQueryAuxiliaryCounterFrequency") { (frequency: VirtualAddress) in
        NTStatus.notSupported
      }
    ]
      + [
        "KeConvertAuxiliaryCounterToPerformanceCounter",
        "KeConvertPerformanceCounterToAuxiliaryCounter",
      ].map { name in
        export(name) { (value: UInt64, result: VirtualAddress, error: VirtualAddress) in
          NTStatus.notSupported
        }
      }
  }
}
