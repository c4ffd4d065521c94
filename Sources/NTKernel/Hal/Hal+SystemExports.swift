internal import GuestABI

extension InterruptTable {
  /// The routines that drivers import from `hal.dll` to mask interrupts, and small ones of the machine's.
  var systemExports: [Export] {
    [
      export("HalEnableSystemInterrupt") {
        [self] (vector: UInt32, level: IRQL, mode: UInt32) in
        setMasked(vector, false)
        return true
      },
      export("HalDisableSystemInterrupt") { [self] (vector: UInt32, level: IRQL) in
        setMasked(vector, true)
      },
      // The one processor has started.
      export("HalAllProcessorsStarted") { () in true },
      // Writes reach memory and devices in their order, at once.
      export("KeFlushWriteBuffer") { () in },
      export("HalMakeBeep") { (frequency: UInt32) in
        // The speaker, which nobody hears; a frequency of 0 silences it.
        true
      },
    ]
  }

  /// The variable that drivers of serial ports import: the port that a debugger uses, which is none.
  var systemDataExports: [DataExport] {
    [
      DataExport("KdComPortInUse", byteCount: { $0.pointerSize }) { address, memory in
        try memory.store(VirtualAddress.null, at: address)
      }
    ]
  }
}
