internal import Findings
internal import PortableExecutable

/// The drivers of one machine.
struct DriverSet: Sendable {
  /// Those that are run, in the order in which they were given.
  let members: [ReleaseRunner.Driver]
  /// Those that are there when one of them needs them.
  let companions: [ReleaseRunner.Driver]

  /// The name of the driver that a report is about.
  var name: String { members.first?.file.name ?? "" }

  /// All drivers, as files on a machine's disk.
  var available: [AvailableDriver] { (members + companions).map(\.available) }

  /// The drivers that are run, those before others that these import from.
  ///
  /// What exports `DllInitialize` and is imported by another one is an export driver, whose
  /// `DriverEntry` is never called (windows-driver-docs, creating-export-drivers): it is loaded with
  /// the first that imports from it.
  var startOrder: [AvailableDriver] {
    let drivers = members.map(\.available)
    guard drivers.count > 1 else { return drivers }
    var order: [Int] = []
    func visit(_ index: Int, _ path: [Int]) {
      guard !order.contains(index), !path.contains(index) else { return }
      for provider in providers(of: drivers[index], among: drivers) {
        visit(provider, path + [index])
      }
      order.append(index)
    }
    for index in drivers.indices { visit(index, []) }
    let imported = Set(drivers.flatMap { providers(of: $0, among: drivers) })
    let started = order.filter { index in
      !imported.contains(index) || drivers[index].image.exports?.lookup("DllInitialize") == nil
    }
    return started.map { drivers[$0] }
  }

  private func providers(of driver: AvailableDriver, among drivers: [AvailableDriver]) -> [Int] {
    driver.image.imports.compactMap { module in
      drivers.firstIndex { $0.isModule(module.name) }
    }
  }
}
