internal import GuestABI
internal import NTKernel
internal import NTReleases

extension Machine {
  /// Tells the processor where user mode enters the system, as kernels do when they start.
  ///
  /// Nothing of the guest runs in user mode; but drivers read the registers to find the kernel.
  func setUpSystemCalls() throws {
    let entry = layout.systemCallEntry
    // ud2: nobody comes this way.
    try memory.store(UInt16(0x0B0F), at: entry)
    let processor = kernel.processor
    if configuration.architecture == .x64 {
      // STAR: the selectors 0x10 and 0x20 of NT; LSTAR, CSTAR; the flags that are cleared.
      processor.modelSpecificRegisters[0xC000_0081] = 0x0023_0010_0000_0000
      processor.modelSpecificRegisters[0xC000_0082] = entry.rawValue
      processor.modelSpecificRegisters[0xC000_0083] = (entry + 0x40).rawValue
      processor.modelSpecificRegisters[0xC000_0084] = 0x4700
    } else if behaviour.entersBySystemEnter32 {
      processor.modelSpecificRegisters[0x174] = 0x08
      processor.modelSpecificRegisters[0x176] = entry.rawValue
    }
  }
}
