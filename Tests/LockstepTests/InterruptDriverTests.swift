import GuestABI
import Lockstep
import NTKernel
import NTReleases
import NTStructures
import PortableExecutable
import Testing
import UnicornEngine

/// A driver whose routines serve the interrupts that the machine raises.
@Suite struct InterruptDriverTests {
  @Test(arguments: [
    (Release.nt350, Architecture.x86), (.nt400sp3, .x86), (.wxpsp2, .x86), (.win7, .x86),
    (.ws03sp1, .x64), (.win7, .x64), (.win10_2004, .x64),
  ])
  func `service routines run at their levels, and their DPCs after them`(
    release: Release,
    architecture: Architecture
  ) throws {
    let machine = try DriverFixture.machine(release, architecture)
    let driver = try DriverFixture.driver("interrupt", architecture)
    let loaded = try machine.load(driver.image, name: "interrupt.sys")
    let created = try machine.kernel.io.createDriver(
      "interrupt",
      registryPath: "\\Registry",
      image: loaded.range,
      entryPoint: try #require(loaded.entryPoint)
    )
    let entry = GuestCall(
      try #require(loaded.entryPoint),
      created.driver.address.rawValue,
      created.registryPath.address.rawValue
    )
    #expect(try value(of: machine.call(entry)) == 0)
    let interrupts = machine.kernel.interrupts
    #expect(interrupts.connectedVectors.count == 2)
    for vector in interrupts.connectedVectors { interrupts.raise(vector) }
    // A vector that nobody serves is masked.
    interrupts.raise(0xFE)
    #expect(try value(of: machine.wait { !interrupts.hasPending }) == 0)
    #expect(machine.kernel.dispatcher.irql == .passive)
    let unload = try machine.kernel.memory[created.driver].driverUnload
    #expect(try value(of: machine.call(unload.call(created.driver))) != nil)
    let printed = machine.trace.entries.compactMap { entry -> String? in
      guard case .debugPrint(let text) = entry.event else { return nil }
      return text
    }
    #expect(printed.joined().hasPrefix("line 5: 1 1 line 9: 1 dpc: 2 synchronized: 1"))
    #expect(!printed.joined().contains("wrong"))
    #expect(interrupts.connectedVectors.isEmpty)
  }

  private func value(of outcome: Outcome) -> UInt64? {
    guard case .returned(let value) = outcome else { return nil }
    return value
  }
}
