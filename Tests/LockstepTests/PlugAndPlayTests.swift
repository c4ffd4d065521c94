import Findings
import GuestABI
import Lockstep
import NTReleases
import NTStructures
import Testing

/// A function driver and a filter above it, from the arrival of their device to its end.
@Suite struct PlugAndPlayTests {
  private func run(
    _ name: String,
    _ architecture: Architecture,
    _ scenario: Scenario? = nil
  ) async throws -> [RunRecord] {
    let driver = try DriverFixture.driver(name, architecture)
    let options = ReleaseRunner.Options(reading: .literal, scenario: scenario)
    let runner = try DriverFixture.runner()
    let report = try await runner.run(driver, on: architecture.releases, options)
    let loaded = report.results.flatMap(\.runs).filter { $0.verdict != .cannotLoad }
    // Every release with Plug and Play.
    let modern = loaded.filter { $0.release >= .w2k }
    #expect(modern.map(\.release) == architecture.releases.filter { $0 >= .w2k })
    return modern
  }

  private func run(
    yaml: String,
    _ architecture: Architecture
  ) async throws -> [RunRecord] {
    try await run("wdm-stack", architecture, Scenario(yaml: yaml, fileName: "s.yaml"))
  }

  @Test(arguments: Architecture.allCases)
  func `a device is started, used, powered down and up, stopped, removed and pulled out`(
    architecture: Architecture
  ) async throws {
    for run in try await run("wdm-stack", architecture) {
      #expect(run.verdict == .right && run.findings.isEmpty, "\(run.release.id): \(run.findings)")
      let wanted = [
        "AddDevice returns STATUS_SUCCESS", "FILTER_RESOURCE_REQUIREMENTS: ",
        "START_DEVICE: STATUS_SUCCESS", "QUERY_CAPABILITIES: STATUS_SUCCESS",
        "QUERY_PNP_DEVICE_STATE: ", "QUERY_DEVICE_RELATIONS (bus): ",
        "prints asked for information 0x\(run.release >= .wxp ? "b" : "8")",
        "prints asked for information", "WMI registration: STATUS_SUCCESS, 0 blocks", "create",
        "read of ", "close", "prints D3: 0x0", "SET_POWER S3: STATUS_SUCCESS", "prints D0: 0x0",
        "SET_POWER S0: STATUS_SUCCESS", "QUERY_STOP_DEVICE: STATUS_SUCCESS",
        "STOP_DEVICE: STATUS_SUCCESS", "START_DEVICE: STATUS_SUCCESS",
        "QUERY_REMOVE_DEVICE: STATUS_SUCCESS", "CANCEL_REMOVE_DEVICE: STATUS_SUCCESS",
        "QUERY_REMOVE_DEVICE: STATUS_SUCCESS", "REMOVE_DEVICE: STATUS_SUCCESS",
        "AddDevice returns STATUS_SUCCESS", "START_DEVICE: STATUS_SUCCESS",
        "SURPRISE_REMOVAL: STATUS_SUCCESS", "REMOVE_DEVICE: STATUS_SUCCESS",
        // The interface comes three times; it goes with the stop and the surprise, while the driver
        // still listens, and with the removal, when it does not any more.
        "prints 3 arrivals, 2 removals", "unloads",
      ]
      var events = run.events[...]
      for text in wanted {
        let index = events.firstIndex { $0.hasPrefix(text) }
        let place = try #require(index, "\(run.release.id): no \(text)")
        events = events[(place + 1)...]
      }
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a driver that does not call PoStartNextPowerIrp hangs before Vista`(
    architecture: Architecture
  ) async throws {
    for run in try await run("wdm-next-power", architecture) {
      guard run.release < .vista else {
        #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
        continue
      }
      #expect(run.verdict == .wrong, "\(run.release.id)")
      let messages = run.findings.map(\.message)
      #expect(messages.first?.hasPrefix("SET_POWER S3: the request is never completed") == true)
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a device gets its resources raw and translated`(architecture: Architecture) async throws {
    let vector = architecture == .x86 ? "0x34" : "0x90"
    let yaml = """
      steps:
      - add-device:
          resources:
          - {port: 0x3F8, count: 8}
          - {memory: 0xE0000000, size: 0x2000}
          - {interrupt: 4}
      - {start: , expect: {status: STATUS_SUCCESS, prints: "type 1 start 0x3f8 length 0x8"}}
      - stop
      - {start: , expect: {prints: "type 3 start 0xe0000000 length 0x2000"}}
      - stop
      - {start: , expect: {prints: "interrupt vector \(vector) share 1"}}
      - remove
      - unload
      """
    for run in try await run(yaml: yaml, architecture) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a device that is open is not removed, and not stopped if that is cancelled`(
    architecture: Architecture
  ) async throws {
    let yaml = """
      steps:
      - add-device
      - start
      - open
      - {query-stop: , expect: {status: STATUS_SUCCESS}}
      - cancel-stop
      - {read: {size: 4}, expect: {output: 03 0a 11 18}}
      - {remove: , expect: {status: STATUS_SUCCESS}}
      - {read: {size: 4}, expect: {output: 03 0a 11 18}}
      - surprise-removal
      - {remove: , expect: {status: 0x80000011}}
      - close
      - remove
      - unload
      """
    for run in try await run(yaml: yaml, architecture) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      let events = run.events.filter { $0.contains("REMOVE_DEVICE") }
      #expect(
        events == [
          "QUERY_REMOVE_DEVICE: STATUS_SUCCESS", "CANCEL_REMOVE_DEVICE: STATUS_SUCCESS",
          "REMOVE_DEVICE waits: the device is still open", "REMOVE_DEVICE: STATUS_SUCCESS",
        ]
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `the class driver for mice connects to a mouse before it is started`(
    architecture: Architecture
  ) async throws {
    for run in try await run("mouse-filter", architecture) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      let events = run.events.filter { $0 == "prints connected" || $0.hasPrefix("START_DEVICE") }
      #expect(events.prefix(2) == ["prints connected", "START_DEVICE: STATUS_SUCCESS"])
    }
  }

  @Test(arguments: Architecture.allCases)
  func `a thread that looks once a second whether it is to end has the time for that`(
    architecture: Architecture
  ) async throws {
    for run in try await run("polling-thread", architecture) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      #expect(run.events.filter { $0 == "prints the thread ends" }.count == 2, "\(run.release.id)")
    }
  }

  @Test(arguments: Architecture.allCases)
  func
    `a USB device tells its descriptors, is configured, never has data, and is gone when pulled out`(
      architecture: Architecture
    ) async throws
  {
    let steps = ["{add-device: {bus: usb}}", "start", "surprise-removal", "remove", "unload"]
    let yaml = "steps:\n" + steps.map { "- \($0)\n" }.joined()
    let scenario = try Scenario(yaml: yaml, fileName: "")
    for run in try await run("usb-client", architecture, scenario) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      let events = run.events.filter { !$0.contains("QUERY") && !$0.contains("FILTER") }
      #expect(
        events.dropFirst(4) == [
          "prints read 0 ends with 0x120, 0xc0010",
          "prints read 0 ends with 0x120, 0xc0010",
          "START_DEVICE: STATUS_SUCCESS",
          "prints port 0, descriptor ends with 0xe",
          "prints read 1 ends with 0xe, 0xc0007",
          "SURPRISE_REMOVAL: STATUS_SUCCESS", "REMOVE_DEVICE: STATUS_SUCCESS", "unloads",
        ],
        "\(run.release.id)"
      )
    }
  }

  @Test(arguments: Architecture.allCases)
  func `devices that a driver reports are identified, and removed when they are gone`(
    architecture: Architecture
  ) async throws {
    let yaml = #"""
      steps:
      - add-device
      - start
      - open: \Device\BusDriver
      - {control: {code: 0x222000}, expect: {status: STATUS_SUCCESS}}
      - {control: {code: 0x222000}, expect: {status: STATUS_SUCCESS}}
      - {control: {code: 0x222004}, expect: {status: STATUS_SUCCESS}}
      - close
      - remove
      - unload
      """#
    let scenario = try Scenario(yaml: yaml, fileName: "")
    for run in try await run("bus-driver", architecture, scenario) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      let events = run.events.filter { $0.contains("prints child") }
      #expect(
        events == [
          "prints child 0 is asked for its id 0", "prints child 0 is asked for its id 1",
          "prints child 0 is asked for its id 2", "prints child 0 is asked for its id 3",
          "prints child 1 is asked for its id 0", "prints child 1 is asked for its id 1",
          "prints child 1 is asked for its id 2", "prints child 1 is asked for its id 3",
          "prints child 0 is removed", "prints child 1 is removed",
        ],
        "\(run.release.id)"
      )
      #expect(run.events.contains(#"child: QUERY_ID (0): STATUS_SUCCESS, LS\Child1"#))
    }
  }

  @Test func `a step without its device is an expectation that fails`() async throws {
    let yaml = "steps:\n- start\n- {power: S3}\n- unload\n"
    for run in try await run(yaml: yaml, .x64) {
      #expect(run.findings.map(\.rule) == [.expectation, .expectation], "\(run.release.id)")
      #expect(run.findings.first?.message.hasPrefix("line 2: start") == true)
    }
  }

  @Test func `a driver that is unloaded with its device loses it first`() async throws {
    for run in try await run(yaml: "steps:\n- add-device\n- start\n- unload\n", .x86) {
      #expect(run.verdict == .right, "\(run.release.id): \(run.findings)")
      #expect(run.events.contains("SURPRISE_REMOVAL: STATUS_SUCCESS"))
    }
  }
}
