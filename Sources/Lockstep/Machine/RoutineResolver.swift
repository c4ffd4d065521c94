internal import GuestABI
internal import NTKernel
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

  /// What the addresses stand for, in their order.
  private let slots: JournaledBuffer<Slot?>
  private var slotCount = 1

  private let range: Range<VirtualAddress>
  private let memory: AddressSpace
  private var addresses: [String: VirtualAddress] = [:]
  private let indexOfRoutine: (String) -> Int?

  init(
    _ range: Range<VirtualAddress>,
    memory: AddressSpace,
    indexOfRoutine: @escaping (String) -> Int?
  ) throws {
    self.range = range
    let capacity = Int(range.upperBound.rawValue - range.lowerBound.rawValue) / Self.slotSize
    slots = JournaledBuffer(repeating: nil, count: capacity)
    slots[0] = .returned
    self.memory = memory
    self.indexOfRoutine = indexOfRoutine
    try memory.store(Self.halt, at: range.lowerBound)
  }

  /// The instruction `hlt`.
  private static let halt: UInt8 = 0xF4
  private static let slotSize = 16

  /// Returns what a slot stands for, or nil if it stands for nothing.
  func slot(_ index: Int) -> Slot? { (0..<slots.count).contains(index) ? slots[index] : nil }

  /// Where routines that the kernel calls return to.
  var returnAddress: VirtualAddress { range.lowerBound }

  /// Returns the address of a routine by name, or nil if it is not modelled.
  ///
  /// Whether the release exports it is not asked.
  func address(of name: String) throws -> VirtualAddress? {
    if let address = addresses[name] { return address }
    guard let index = indexOfRoutine(name) else { return nil }
    let address = range.lowerBound + slotCount * Self.slotSize
    guard address < range.upperBound else { throw Unmodelled("more than 4,000 imported routines") }
    slots[slotCount] = .routine(index)
    slotCount += 1
    addresses[name] = address
    try memory.store(Self.halt, at: address)
    return address
  }
}
