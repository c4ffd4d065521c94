internal import GuestABI
internal import NTKernel

/// The variables of the kernel that drivers import, and where they are.
///
/// What is not modelled, variable or routine, gets an address that is never mapped: the table of
/// exports does not always tell which of the two a name is, and a fault there names it in either case.
final class ExportedVariables {
  private let declarations: [String: DataExport]
  private let layout: MachineLayout
  private var addresses: [String: VirtualAddress] = [:]
  private var next: VirtualAddress
  /// The names that are not modelled, in the order of their addresses, 16 bytes apart.
  private var unmodelled: [String] = []

  init(_ declarations: [DataExport], _ layout: MachineLayout) {
    self.declarations = Dictionary(
      declarations.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    self.layout = layout
    next = layout.variables.lowerBound
  }

  /// Whether a variable is modelled.
  func isModelled(_ name: String) -> Bool { declarations[name] != nil }

  /// Returns the address of a variable, or of a name that is not modelled.
  func address(of name: String, in memory: AddressSpace) throws -> VirtualAddress {
    if let address = addresses[name] { return address }
    let address: VirtualAddress
    if let declaration = declarations[name] {
      address = next
      next = next + ((declaration.byteCount(memory.architecture) + 15) & ~15)
      guard next <= layout.variables.upperBound else {
        throw Unmodelled("more imported variables than there is room for")
      }
      try declaration.initialise(address, memory)
    } else {
      address = layout.unmodelledVariables.lowerBound + unmodelled.count * 16
      guard address < layout.unmodelledVariables.upperBound else {
        throw Unmodelled("more than 4,000 names that are not modelled")
      }
      unmodelled.append(name)
    }
    addresses[name] = address
    return address
  }

  /// Returns the name that is not modelled at an address, or nil if there is none.
  func unmodelledName(at address: VirtualAddress) -> String? {
    guard layout.unmodelledVariables.contains(address) else { return nil }
    let index = Int(address.rawValue - layout.unmodelledVariables.lowerBound.rawValue) / 16
    return index < unmodelled.count ? unmodelled[index] : nil
  }
}
