import PortableExecutable

/// A module to import from, in a test image.
struct ImportPlan {
  let module: String
  let symbols: [ImportedSymbol.Reference]
  var hasLookupTable = true
}

/// Writes an import directory with its tables and names.
func importTable(_ plans: [ImportPlan], _ machine: Image.Machine, at address: UInt32) -> [UInt8] {
  var names = Blob(address: address + UInt32(20 * (plans.count + 1)))
  var moduleNames: [UInt32] = []
  var entries: [[UInt64]] = []
  for plan in plans {
    moduleNames.append(names.here)
    names.text(plan.module)
    entries.append(
      plan.symbols.map { symbol in
        switch symbol {
        case .ordinal(let ordinal):
          return 1 << (UInt64(machine.pointerSize) * 8 - 1) | UInt64(ordinal)
        case .name(let name, let hint):
          let start = names.here
          names.u16(hint)
          names.text(name)
          return UInt64(start)
        }
      }
    )
  }
  names.pad(to: Int(roundUp(names.here, to: 8) - names.address))
  var descriptors = Blob(address: address)
  for (index, plan) in plans.enumerated() {
    var tables: [UInt32] = []
    for _ in 0..<(plan.hasLookupTable ? 2 : 1) {
      tables.append(names.here)
      for entry in entries[index] + [0] { names.pointer(entry, machine) }
    }
    descriptors.u32(plan.hasLookupTable ? tables[0] : 0)
    descriptors.u32(0)
    descriptors.u32(0)
    descriptors.u32(moduleNames[index])
    descriptors.u32(tables[tables.count - 1])
  }
  descriptors.pad(to: 20 * (plans.count + 1))
  return descriptors.bytes + names.bytes
}

/// What a function of a test image's export table stands for.
enum ExportPlan {
  case address(UInt32, names: [String])
  case forwarder(String, names: [String])
  case none

  var names: [String] {
    switch self {
    case .address(_, let names), .forwarder(_, let names): names
    case .none: []
    }
  }
}

/// Writes an export directory with its tables and texts.
func exportTable(_ plans: [ExportPlan], firstOrdinal: UInt32, at address: UInt32) -> [UInt8] {
  let nameCount = plans.reduce(0) { $0 + $1.names.count }
  let functions = address + 40
  let names = functions + UInt32(4 * plans.count)
  let ordinals = names + UInt32(4 * nameCount)
  var texts = Blob(address: roundUp(ordinals + UInt32(2 * nameCount), to: 4))
  let moduleName = texts.here
  texts.text("driver.sys")
  var functionTable = Blob(address: functions)
  var nameTable = Blob(address: names)
  var ordinalTable = Blob(address: ordinals)
  for (index, plan) in plans.enumerated() {
    switch plan {
    case .address(let address, _): functionTable.u32(address)
    case .forwarder(let text, _):
      functionTable.u32(texts.here)
      texts.text(text)
    case .none: functionTable.u32(0)
    }
    for name in plan.names {
      nameTable.u32(texts.here)
      texts.text(name)
      ordinalTable.u16(UInt16(index))
    }
  }
  var directory = Blob(address: address)
  for value in [0, 0, 0, moduleName, firstOrdinal] { directory.u32(value) }
  for value in [plans.count, nameCount] { directory.u32(UInt32(value)) }
  for value in [functions, names, ordinals] { directory.u32(value) }
  directory.bytes += functionTable.bytes + nameTable.bytes + ordinalTable.bytes
  directory.pad(to: Int(texts.address - address))
  return directory.bytes + texts.bytes
}

/// Writes a block of base relocations.
func relocationBlock(page: UInt32, _ entries: [UInt16]) -> [UInt8] {
  var blob = Blob(address: 0)
  blob.u32(page)
  blob.u32(UInt32(8 + 2 * entries.count))
  for entry in entries { blob.u16(entry) }
  return blob.bytes
}

/// Writes a debug directory of one entry and its CodeView record behind it.
func debugDirectory(_ record: [UInt8], at address: UInt32) -> [UInt8] {
  var blob = Blob(address: address)
  for value: UInt32 in [0, 0, 0, 2, UInt32(record.count), address + 28, 0] { blob.u32(value) }
  return blob.bytes + record
}
