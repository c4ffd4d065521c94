internal import GuestABI
internal import NTStructures

/// Auditing, for which the machine's policy asks for nothing: no access is written down.
///
/// With the policy's categories off, the routines that ask say no, and those that write do nothing.
final class SecurityAuditing {
  private let memory: AddressSpace

  /// Creates the routines of a kernel.
  init(memory: AddressSpace) { self.memory = memory }

  /// The routines that drivers import.
  var exports: [Export] { askingExports + openingExports + endingExports }

  private var askingExports: [Export] {
    [
      export("SeAuditingFileEvents") { (isGranted: Bool, descriptor: VirtualAddress) in false },
      export("SeAuditingFileEventsWithContext") {
        (isGranted: Bool, descriptor: VirtualAddress, subject: VirtualAddress) in
        false
      },
      export("SeAuditingFileOrGlobalEvents") {
        (isGranted: Bool, descriptor: VirtualAddress, subject: VirtualAddress) in
        false
      },
      export("SeAuditingHardLinkEvents") { (isGranted: Bool, descriptor: VirtualAddress) in
        false
      },
      export("SeAuditingHardLinkEventsWithContext") {
        (isGranted: Bool, descriptor: VirtualAddress, subject: VirtualAddress) in
        false
      },
      export("SeAuditingAnyFileEventsWithContext") {
        (descriptor: VirtualAddress, subject: VirtualAddress) in
        false
      },
    ]
  }

  /// The routines that write down that an object is opened, and say whether its closing is to be.
  private var openingExports: [Export] {
    ["SeOpenObjectAuditAlarm", "SeOpenObjectForDeleteAuditAlarm"].map { name in
      export(name) {
        [self]
        (
          type: VirtualAddress,
          object: VirtualAddress,
          path: VirtualAddress,
          descriptor: VirtualAddress,
          state: VirtualAddress,
          isCreated: Bool,
          isGranted: Bool,
          mode: ProcessorMode,
          writesClosing: VirtualAddress
        ) in
        try memory.store(false, at: writesClosing)
      }
    }
  }

  private var endingExports: [Export] {
    [
      export("SeCloseObjectAuditAlarm") {
        (object: VirtualAddress, handle: VirtualAddress, isWritten: Bool) in
      },
      export("SeDeleteObjectAuditAlarm") { (object: VirtualAddress, handle: VirtualAddress) in },
      export("SePrivilegeObjectAuditAlarm") {
        (
          handle: VirtualAddress,
          subject: VirtualAddress,
          access: UInt32,
          privileges: VirtualAddress,
          isGranted: Bool,
          mode: ProcessorMode
        ) in
      },
      export("SeAuditHardLinkCreation") {
        (file: VirtualAddress, link: VirtualAddress, isSuccess: Bool) in
      },
    ]
  }
}
