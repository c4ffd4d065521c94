import Findings
import GuestABI
import NTKernel
import NTReleases
import Testing

@testable import Lockstep

@Suite struct RegistryFileTests {
  private static let header = "Windows Registry Editor Version 5.00\r\n"

  private func changes(_ text: String) throws -> [RegistryFile.Change] {
    try RegistryFile(Array(text.utf8), fileName: "a.reg").changes
  }

  private func message(_ text: String) -> String {
    do {
      _ = try changes(text)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private static let sample = """
    \r
    ; what a driver kit writes\r
    [HKEY_LOCAL_MACHINE\\SOFTWARE\\Maker]\r
    @="default"\r
    "Path"="C:\\\\x \\"y\\""\r
    "Count"=dword:0000001f\r
    "Bytes"=hex:01,02,\\\r
      ff\r
    "Expand"=hex(2):25,00,61,00,00,00\r
    "Big"=hex(b):01,00,00,00,00,00,00,80\r
    "None"=hex(0):\r
    "Gone"=-\r
    [-HKEY_LOCAL_MACHINE\\SOFTWARE\\Other]\r
    """

  private static let expected: [RegistryFile.Change] = {
    let key = #"MACHINE\SOFTWARE\Maker"#
    func kind(_ number: UInt32) -> RegistryValue.Kind { .init(rawValue: number) }
    return [
      .makeKey(key),
      .setValue(key, RegistryValue("", "default")),
      .setValue(key, RegistryValue("Path", #"C:\x "y""#)),
      .setValue(key, RegistryValue("Count", 31)),
      .setValue(key, RegistryValue("Bytes", .binary, [1, 2, 255])),
      .setValue(key, RegistryValue("Expand", .expandableString, [0x25, 0, 0x61, 0, 0, 0])),
      .setValue(key, RegistryValue("Big", kind(11), [1, 0, 0, 0, 0, 0, 0, 0x80])),
      .setValue(key, RegistryValue("None", kind(0), [])),
      .deleteValue(key, name: "Gone"),
      .deleteKey(#"MACHINE\SOFTWARE\Other"#),
    ]
  }()

  @Test func `every kind of value, deletions and lines that go on are read, in UTF-8 and UTF-16`()
    throws
  {
    let text = Self.header + Self.sample
    #expect(try changes(text) == Self.expected)
    #expect(try changes("\u{FEFF}" + text) == Self.expected)
    let bytes: [UInt8] = text.utf16.flatMap { unit -> [UInt8] in
      [UInt8(unit & 0xFF), UInt8(unit >> 8)]
    }
    let utf16: [UInt8] = [0xFF, 0xFE] + bytes
    #expect(try RegistryFile(utf16, fileName: "a.reg").changes == Self.expected)
  }

  @Test func `the older form has text in one-byte characters`() throws {
    let text = "REGEDIT4\n[HKLM\\SOFTWARE\\A]\n\"B\"=hex(7):61,00,00\n\"C\"=hex:61\n"
    let key = #"MACHINE\SOFTWARE\A"#
    #expect(
      try changes(text) == [
        .makeKey(key), .setValue(key, RegistryValue("B", .multiString, [0x61, 0, 0, 0, 0, 0])),
        .setValue(key, RegistryValue("C", .binary, [0x61])),
      ]
    )
  }

  @Test(
    arguments: [
      ("", "1: the first line is neither"),
      ("REGEDIT5", "1: the first line is neither"),
      ("REGEDIT4\n\"a\"=\"b\"", "2: a value stands before the first key"),
      ("REGEDIT4\n[HKEY_LOCAL_MACHINE\\A", "2: the key has no ']'"),
      ("REGEDIT4\n[HKEY_CURRENT_USER\\A]", "2: the key does not begin with"),
      ("REGEDIT4\n[HKLM\\\\A]", "2: a key's name is empty"),
      ("REGEDIT4\n[HKLM\\A]\n\"b", "3: the string has no closing"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"\"c\"", "3: '=' is missing"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=dword:123456789", "3: dword: needs"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=dword:-1", "3: dword: needs"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=hex:01,zz", "3: 'zz' is no byte"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=hex:01,\\", "3: the data end in the middle"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=hex(zz):01", "3: hex(…) needs"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=word", "3: the data are none of"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=\"\\n\"", "3: '\\' in a string stands before"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=\"c\" d", "3: something follows"),
      ("REGEDIT4\n[HKLM\\A]\n\"b\"=hex(2):e4", "3: the text is in a code page"),
    ]
  )
  func `bad input has one clear line`(text: String, expected: String) {
    #expect(message(text).hasPrefix("a.reg:\(expected)"), "\(message(text))")
  }

  @Test func `what no text is, or is too much, is refused`() {
    #expect(throws: RegistryFileError.self) {
      try RegistryFile(Array("REGEDIT4\n".utf8) + [0xFF, 0x41], fileName: "a.reg")
    }
    let deep = String(repeating: "\\a", count: 600)
    #expect(message("REGEDIT4\n[HKLM\(deep)]").contains("too deep"))
    let long = String(repeating: "a", count: 256)
    #expect(message("REGEDIT4\n[HKLM\\\(long)]").contains("more than 255"))
    #expect(message("REGEDIT4\n" + String(repeating: "\n", count: 500_001)).contains("lines"))
  }

  @Test(arguments: [UInt64(1), 7])
  func `no text brings the reader down`(seed: UInt64) {
    var state = seed
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let pieces = [
      "[", "]", "\\", "\"", "=", "hex:", "hex(", ")", "dword:", "-", "@", "\r\n", "HKLM", "0",
    ]
    for _ in 0..<300 {
      let text = (0..<next(60)).map { _ in pieces[next(pieces.count)] }.joined()
      _ = message("REGEDIT4\n[HKLM\\A]\n" + text)
      let bytes = (0..<next(80)).map { _ in UInt8(next(256)) }
      _ = try? RegistryFile([0xFF, 0xFE] + bytes, fileName: "a.reg")
    }
  }

  @Test func `a run has the keys of the file, and knows what the file says is not there`()
    async throws
  {
    let runner = try DriverFixture.runner()
    let text =
      Self.header
        + #"""
        [HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\stack-lower-x86]
        "Type"=dword:00000002
        [-HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\nowhere]
        """#
    let registry = try RegistryFile(Array(text.utf8), fileName: "a.reg")
    let driver = try DriverFixture.driver("stack-lower", .x86)
    let set = DriverSet(members: [driver], companions: [])
    var options = ReleaseRunner.Options()
    options.registry = registry
    let machine = try runner.makeMachine(for: set, .w2k, .literal, options)
    let session = DriverSession(machine, set)
    try session.start()
    #expect(session.end == nil)
    // Type 2 is a file system, whose driver object has another directory.
    let objects = machine.kernel.objects
    #expect(try objects.object(at: #"\FileSystem\stack-lower-x86"#).object != nil)
    #expect(try objects.object(at: #"\Driver\stack-lower-x86"#).object == nil)
    let services = machine.kernel.registry.makeKey(#"MACHINE\SYSTEM\ControlSet001\Services"#)
    #expect(services.subkeys.map(\.name) == ["stack-lower-x86"])
  }
}
