internal import GuestABI
internal import NTKernel
internal import NTReleases
internal import Snapshots

/// Gives the kernel's routines addresses that stop the processor.
///
/// An address is given out when something first needs it: an import, `MmGetSystemRoutineAddress`, or
/// a dispatch routine that a driver did not fill in.
final class RoutineResolver {
  /// What an address stands for.
  enum Slot {
    /// The end of a routine that the kernel called.
    case returned
    /// A routine, by its index in the table.
    case routine(Int)
  }

  /// The addresses of one image.
  private struct Region {
    let range: Range<VirtualAddress>
    var next: VirtualAddress
    var addresses: [String: VirtualAddress] = [:]

    init(_ range: Range<VirtualAddress>) {
      self.range = range
      next = range.lowerBound
    }
  }

  /// What the addresses stand for, in their order.
  private let slots: JournaledBuffer<Slot?>
  private let range: Range<VirtualAddress>
  private var kernel: Region
  private var hal: Region
  private let memory: AddressSpace
  private let indexOfRoutine: (String) -> Int?

  init(
    _ layout: MachineLayout,
    memory: AddressSpace,
    indexOfRoutine: @escaping (String) -> Int?
  ) throws {
    range = layout.exportSlots
    kernel = Region(layout.kernel.slots)
    hal = Region(layout.hal.slots)
    let capacity = Int(range.upperBound.rawValue - range.lowerBound.rawValue) / Self.slotSize
    slots = JournaledBuffer(repeating: nil, count: capacity)
    returnAddress = kernel.next
    kernel.next = kernel.next + Self.slotSize
    let returned = Int(returnAddress.rawValue - range.lowerBound.rawValue) / Self.slotSize
    slots[returned] = .returned
    self.memory = memory
    self.indexOfRoutine = indexOfRoutine
    try memory.store(Self.halt, at: returnAddress)
  }

  /// The instruction `hlt`.
  private static let halt: UInt8 = 0xF4
  private static let slotSize = 16

  /// Returns what a slot stands for, or nil if it stands for nothing.
  func slot(_ index: Int) -> Slot? { (0..<slots.count).contains(index) ? slots[index] : nil }

  /// Where routines that the kernel calls return to.
  let returnAddress: VirtualAddress

  /// Returns the address of a routine by name, or nil if it is not modelled.
  ///
  /// Whether the release exports it is not asked.
  ///
  /// - Parameters:
  ///   - name: The routine.
  ///   - module: The image in which the address lies.
  /// - Returns: The address, or nil.
  /// - Throws: `Unmodelled` if there is no room for it.
  func address(of name: String, in module: ExportModule) throws -> VirtualAddress? {
    module == .hal ? try address(of: name, &hal) : try address(of: name, &kernel)
  }

  private func address(of name: String, _ region: inout Region) throws -> VirtualAddress? {
    if let address = region.addresses[name] { return address }
    guard let index = indexOfRoutine(name) else { return nil }
    let address = region.next
    guard address < region.range.upperBound else {
      throw Unmodelled("more imported routines than there is room for")
    }
    let slot = Int(address.rawValue - range.lowerBound.rawValue) / Self.slotSize
    slots[slot] = .routine(index)
    region.next = address + Self.slotSize
    region.addresses[name] = address
    try memory.store(Self.halt, at: address)
    return address
  }
}
