internal import GuestABI
internal import NTReleases
internal import NTStructures

/// Finds routines of the kernel and the HAL by name while a driver runs.
final class RoutineLookUp {
  private let memory: AddressSpace
  private let release: Release
  private let behaviour: Behaviour
  private let addressOfExport: (String) throws -> VirtualAddress

  init(
    memory: AddressSpace,
    release: Release,
    behaviour: Behaviour,
    addressOfExport: @escaping (String) throws -> VirtualAddress
  ) {
    self.memory = memory
    self.release = release
    self.behaviour = behaviour
    self.addressOfExport = addressOfExport
  }

  var exports: [Export] {
    [
      export("MmGetSystemRoutineAddress") { [self] (name: GuestPointer<CountedString>) in
        try address(of: memory.text(of: name))
      }
    ]
  }

  /// Returns the address of a routine or variable that the release exports, or NULL.
  ///
  /// The corresponding kernel routine is `MmGetSystemRoutineAddress`.
  private func address(of name: String) throws -> VirtualAddress {
    let platform = memory.architecture.platform
    for module in [ExportModule.kernel, .hal] {
      switch ExportHistory.availability(of: name, in: module, by: release, on: platform) {
      case .exported: return try addressOfExport(name)
      case .notExported, .noModule: continue
      case .unknown(let reason):
        throw Unmodelled(
          "the export \(name), of which it is not known whether the release has it: \(reason)"
        )
      }
    }
    if behaviour.routineLookupFaultsBelowFirstExport, name < "ExAcquireFastMutex" {
      throw Unmodelled("MmGetSystemRoutineAddress of a name before the first export (KD-071)")
    }
    return .null
  }
}
