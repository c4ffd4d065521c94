internal import GuestABI
internal import NTKernel
internal import NTReleases

/// The variables of the kernel that drivers import, and where they are.
///
/// What is not modelled, variable or routine, gets an address that is never mapped: the table of
/// exports does not always tell which of the two a name is, and a fault there names it in either case.
final class ExportedVariables {
  private let declarations: [String: DataExport]
  private let layout: MachineLayout
  private var addresses: [String: VirtualAddress] = [:]
  private var next: VirtualAddress
  /// The names of the kernel's and of the HAL's that are not modelled.
  private var unmodelled: [UnmodelledAddresses]

  init(_ declarations: [DataExport], _ layout: MachineLayout) {
    self.declarations = Dictionary(
      declarations.map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    self.layout = layout
    next = layout.variables.lowerBound
    unmodelled = [
      UnmodelledAddresses(layout.kernel.unmodelled), UnmodelledAddresses(layout.hal.unmodelled),
    ]
  }

  /// Whether a variable is modelled.
  func isModelled(_ name: String) -> Bool { declarations[name] != nil }

  /// Returns the address of a variable, or of a name that is not modelled.
  ///
  /// - Parameters:
  ///   - name: The variable.
  ///   - module: The image in which the address of a name that is not modelled lies.
  ///   - memory: The memory of the machine.
  /// - Returns: The address.
  /// - Throws: `Unmodelled` if there is no room for it.
  func address(
    of name: String,
    in module: ExportModule,
    _ memory: AddressSpace
  ) throws -> VirtualAddress {
    guard let declaration = declarations[name] else {
      return try unmodelled[module == .hal ? 1 : 0].address(of: name)
    }
    if let address = addresses[name] { return address }
    let address = next
    next = next + ((declaration.byteCount(memory.architecture) + 15) & ~15)
    guard next <= layout.variables.upperBound else {
      throw Unmodelled("more imported variables than there is room for")
    }
    try declaration.initialise(address, memory)
    addresses[name] = address
    return address
  }

  /// Returns the name that is not modelled at an address, or nil if there is none.
  func unmodelledName(at address: VirtualAddress) -> String? {
    unmodelled.lazy.compactMap { $0.name(at: address) }.first
  }
}

/// Addresses that are never mapped, each of which stands for a name, 16 bytes apart.
private struct UnmodelledAddresses {
  private let range: Range<VirtualAddress>
  private var names: [String] = []
  private var indices: [String: Int] = [:]

  init(_ range: Range<VirtualAddress>) { self.range = range }

  /// Returns the address that stands for a name.
  mutating func address(of name: String) throws -> VirtualAddress {
    if let index = indices[name] { return range.lowerBound + index * 16 }
    let address = range.lowerBound + names.count * 16
    guard address < range.upperBound else {
      throw Unmodelled("more names that are not modelled than there is room for")
    }
    indices[name] = names.count
    names.append(name)
    return address
  }

  /// Returns the name that an address stands for.
  func name(at address: VirtualAddress) -> String? {
    guard range.contains(address) else { return nil }
    let index = Int(address.rawValue - range.lowerBound.rawValue) / 16
    return index < names.count ? names[index] : nil
  }
}
