import GuestABI
import Testing

@testable import Lockstep

/// A driver's test of a code, played: each comparison is an instruction at a place of its own.
private struct PlayedRun {
  var recorder: ComparisonRecorder
  var registers = [UInt64](repeating: 0, count: 16)

  init(_ architecture: Architecture = .x64) {
    recorder = ComparisonRecorder(architecture: architecture)
  }

  mutating func execute(_ address: UInt64, _ bytes: [UInt8]) {
    let registers = registers
    recorder.willExecute(
      at: VirtualAddress(rawValue: address),
      code: { bytes },
      register: { registers[$0] },
      load32: { UInt32(truncatingIfNeeded: $0.rawValue &+ 1) }
    )
  }

  /// `cmp eax, right`, and a jump 0x10 bytes behind it, to 0x9000.
  mutating func compare(_ address: UInt64, _ left: UInt32, _ right: UInt32, jump: UInt8) {
    registers[0] = UInt64(left)
    let immediate = (0..<4).map { UInt8(right >> (8 * $0) & 0xFF) }
    execute(address, [0x3D] + immediate)
    let distance = 0x9000 &- UInt32(address + 0x16)
    execute(
      address + 0x10,
      [0x0F, 0x80 | jump] + (0..<4).map { UInt8(distance >> (8 * $0) & 0xFF) }
    )
  }
}

private let equal: UInt8 = 4
private let above: UInt8 = 7

/// Explores a driver until nothing is left.
private func explore(_ driver: (UInt32, inout PlayedRun) -> Void) -> (codes: [UInt32], probes: Int)
{
  var explorer = ControlCodeExplorer()
  var probes = 0
  while let (first, second) = explorer.nextMarkers() {
    var runs = [PlayedRun(), PlayedRun()]
    driver(first, &runs[0])
    driver(second, &runs[1])
    explorer.add(first: runs[0].recorder.observations, second: runs[1].recorder.observations)
    probes += 1
  }
  return (explorer.codes, probes)
}

/// An instruction that compares, with what it must be seen to compare.
private struct Form: CustomTestStringConvertible {
  var name: String
  var architecture: Architecture
  var bytes: [UInt8]
  var left: UInt32?
  var right: UInt32 = 0

  var testDescription: String { "\(name) \(architecture)" }

  init(_ name: String, _ architecture: Architecture, _ bytes: [UInt8], _ values: (UInt32, UInt32)?)
  {
    self.name = name
    self.architecture = architecture
    self.bytes = bytes
    left = values?.0
    right = values?.1 ?? 0
  }
}

// Register n holds 0x1000 × (n + 1); a double word at address a holds a + 1.
private let forms: [Form] = [
  Form("cmp eax, imm32", .x86, [0x3D, 4, 0x20, 0x40, 0x9C], (0x1000, 0x9C40_2004)),
  Form("cmp edx, imm32", .x86, [0x81, 0xFA, 0xCC, 0x60, 0x40, 0x9C], (0x3000, 0x9C40_60CC)),
  Form("cmp edx, imm8", .x86, [0x83, 0xFA, 0x14], (0x3000, 0x14)),
  Form("cmp edx, -1", .x86, [0x83, 0xFA, 0xFF], (0x3000, 0xFFFF_FFFF)),
  Form("cmp [ebp+8], imm32", .x86, [0x81, 0x7D, 8, 0xCC, 0x60, 0x40, 0x9C], (0x6009, 0x9C40_60CC)),
  Form("cmp [ebp-72], imm32", .x86, [0x81, 0x7D, 0xB8, 0, 0xC4, 0x22, 0], (0x5FB9, 0x22C400)),
  Form("cmp [disp32], imm8", .x86, [0x83, 0x3D, 0, 0x30, 1, 0, 5], (0x13001, 5)),
  Form("cmp [esp+4], imm8", .x86, [0x83, 0x7C, 0x24, 4, 5], (0x5005, 5)),
  Form("cmp [eax+ecx*4+8], imm8", .x86, [0x83, 0x7C, 0x88, 8, 5], (0x9009, 5)),
  Form("cmp [ecx*4+disp32], imm8", .x86, [0x83, 0x3C, 0x8D, 0, 1, 0, 0, 5], (0x8101, 5)),
  Form("cmp edx, ebx", .x86, [0x3B, 0xD3], (0x3000, 0x4000)),
  Form("cmp [esp], edx", .x86, [0x39, 0x14, 0x24], (0x5001, 0x3000)),
  Form("dec eax", .x86, [0x48], (0x1000, 1)),
  Form("inc ecx", .x86, [0x41], (0x2000, 0xFFFF_FFFF)),
  Form("sub eax, imm32", .x86, [0x2D, 0, 0x20, 0x22, 0], (0x1000, 0x222000)),
  Form("sub ecx, imm8", .x86, [0x83, 0xE9, 4], (0x2000, 4)),
  Form("add eax, -imm32", .x86, [0x05, 0, 0xE0, 0xDD, 0xFF], (0x1000, 0x222000)),
  Form("add edx, [ebx+12]", .x86, [0x03, 0x53, 12], (0x3000, 0xFFFF_BFF3)),
  Form("xor eax, imm32", .x86, [0x35, 0, 0x20, 0x22, 0], (0x1000, 0x222000)),
  Form("test edx, edx", .x86, [0x85, 0xD2], (0x3000, 0)),
  Form("test edx, eax", .x86, [0x85, 0xC2], nil),
  Form("and eax, imm32", .x86, [0x25, 0, 0, 0, 0xFF], nil),
  Form("cmp ax, imm16", .x86, [0x66, 0x3D, 4, 0x20], nil),
  Form("cmp fs:[0x18], imm8", .x86, [0x64, 0x83, 0x3D, 0x18, 0, 0, 0, 5], nil),
  Form("cmp eax, imm32", .x64, [0x3D, 4, 0x20, 0x40, 0x9C], (0x1000, 0x9C40_2004)),
  Form("cmp r11d, 20", .x64, [0x41, 0x83, 0xFB, 0x14], (0xC000, 0x14)),
  Form("cmp eax, r9d", .x64, [0x41, 0x3B, 0xC1], (0x1000, 0xA000)),
  Form("cmp r12d, [r8]", .x64, [0x45, 0x3B, 0x20], (0xD000, 0x9001)),
  Form(
    "cmp [rsp+148], imm32",
    .x64,
    [0x81, 0xBC, 0x24, 0x94, 0, 0, 0, 4, 0xC4, 0x22, 0],
    (0x5095, 0x22C404)
  ),
  Form("cmp [rip+16], imm8", .x64, [0x83, 0x3D, 0x10, 0, 0, 0, 5], (0x118, 5)),
  Form("cmp [rip+16], imm32", .x64, [0x81, 0x3D, 0x10, 0, 0, 0, 5, 0, 0, 0], (0x11B, 5)),
  Form("cmp [r13+0], imm8", .x64, [0x41, 0x83, 0x7D, 0, 5], (0xE001, 5)),
  Form("cmp [r12+8], imm8", .x64, [0x41, 0x83, 0x7C, 0x24, 8, 5], (0xD009, 5)),
  Form("cmp [rax+r12*2], imm8", .x64, [0x42, 0x83, 0x3C, 0x60, 5], (0x1B001, 5)),
  Form("cmp rax, imm32", .x64, [0x48, 0x3D, 0, 0x20, 0x22, 0], (0x1000, 0x222000)),
  Form("cmp rax, -1", .x64, [0x48, 0x83, 0xF8, 0xFF], nil),
  Form("cmp r15, imm8 of a wide value", .x64, [0x49, 0x83, 0xFF, 5], nil),
  Form("sub r10d, imm32", .x64, [0x41, 0x81, 0xEA, 0, 0x20, 0x22, 0], (0xB000, 0x222000)),
  Form("add rcx, -imm32", .x64, [0x48, 0x81, 0xC1, 0, 0xE0, 0xDD, 0xFF], (0x2000, 0x222000)),
  Form("dec r8d", .x64, [0x41, 0xFF, 0xC8], (0x9000, 1)),
  Form("inc ecx", .x64, [0xFF, 0xC1], (0x2000, 0xFFFF_FFFF)),
  Form("test r8d, r8d", .x64, [0x45, 0x85, 0xC0], (0x9000, 0)),
  Form("test r8d, eax", .x64, [0x44, 0x85, 0xC0], nil),
  Form("xor eax, imm32", .x64, [0x35, 0, 0x20, 0x22, 0], (0x1000, 0x222000)),
  Form("mov eax, imm32", .x64, [0xB8, 0, 0x20, 0x22, 0], nil),
]

@Suite struct ControlCodesTests {
  @Test(arguments: forms)
  private func `an instruction is seen to compare`(form: Form) {
    var run = PlayedRun(form.architecture)
    run.registers = (1...16).map { UInt64($0) << 12 }
    run.registers[15] = 5 << 32 | 5
    run.execute(0x100, form.bytes)
    let seen = run.recorder.observations.first
    #expect(seen?.left == form.left)
    #expect(seen?.right ?? 0 == form.right)
    // Bytes that are not there are not made up.
    for count in 0..<form.bytes.count {
      var cut = PlayedRun(form.architecture)
      cut.execute(0x100, Array(form.bytes.prefix(count)))
      #expect(cut.recorder.observations.isEmpty || form.bytes[0] == 0x48)
    }
  }

  @Test func `every start of an instruction is decoded or refused, and none traps`() {
    for first in 0...255 {
      for second in 0...255 {
        for architecture in Architecture.allCases {
          var run = PlayedRun(architecture)
          run.execute(0x100, [UInt8(first), UInt8(second), 0x24, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1])
          run.execute(0xFFFF_FFFF_FFFF_FFFF, [UInt8(first), UInt8(second), 0xFF, 0x7F])
        }
      }
    }
  }

  @Test func `codes that are tested for in a chain are found with two requests`() {
    let (codes, probes) = explore { code, run in
      for (index, wanted) in ([0x22200A, 0x222005, 0x222000] as [UInt32]).enumerated() {
        run.compare(UInt64(index) << 8, code, wanted, jump: equal)
        if code == wanted { return }
      }
    }
    #expect(codes == [0x222000, 0x222005, 0x22200A])
    #expect(probes == 1)
  }

  @Test func `codes that are subtracted from one another are found`() {
    let (codes, _) = explore { code, run in
      var value = code
      for (index, step) in ([0x222000, 4, 8] as [UInt32]).enumerated() {
        // sub eax, step; je
        run.registers[0] = UInt64(value)
        let immediate = (0..<4).map { UInt8(step >> (8 * $0) & 0xFF) }
        run.execute(UInt64(index) << 8, [0x2D] + immediate)
        run.execute(UInt64(index) << 8 | 5, [0x74, 0x10])
        if value == step { return }
        value &-= step
      }
    }
    #expect(codes == [0x222000, 0x222004, 0x22200C])
  }

  @Test func `arithmetic that no condition follows is not a comparison`() {
    let (codes, _) = explore { code, run in
      run.registers[0] = UInt64(code)
      run.execute(0x100, [0x2D, 0, 0x20, 0x22, 0])
      run.execute(0x105, [0x25, 0, 0, 0, 0xFF])
      run.execute(0x10A, [0x74, 0x10])
    }
    #expect(codes.isEmpty)
  }

  @Test(arguments: [1, 4, 0x40, 0x1234] as [UInt32])
  func `a binary search is explored on both sides of each code`(distance: UInt32) {
    let wanted = (0..<31).map { 0x9C40_2000 + $0 * distance }
    let (codes, probes) = explore { code, run in
      var range = wanted[...]
      while !range.isEmpty {
        let middle = range.startIndex + range.count / 2
        let place = UInt64(middle + 1) << 8
        run.compare(place, code, range[middle], jump: above)
        if code > range[middle] {
          range = range[(middle + 1)...]
        } else {
          // The same flags serve the next question.
          run.execute(place + 0x16, [0x74, 0x10])
          if code == range[middle] { return }
          range = range[..<middle]
        }
      }
    }
    if distance > 1 { #expect(codes == wanted) }
    #expect(Set(codes).isSubset(of: wanted))
    #expect(probes <= ControlCodeExplorer.maximumProbeCount)
  }

  @Test func `values at which only an order is tested are not codes`() {
    let (codes, _) = explore { code, run in
      run.compare(0x100, code, 0x222100, jump: above)
      if code > 0x222100 { return run.compare(0x200, code, 0x222104, jump: equal) }
      run.compare(0x300, code, 0x222008, jump: equal)
    }
    #expect(codes == [0x222008, 0x222104])
  }

  @Test(arguments: [0x9000, 0x8000] as [UInt64])
  func `of a table only the codes that lead somewhere are kept`(nowhere: UInt64) {
    let wanted: Set<UInt32> = [0x222000, 0x222004, 0x222009, 0x22200E, 0x222013, 0x222014]
    let (codes, _) = explore { code, run in
      let number = code &- 0x222000
      run.compare(0x100, number, 0x14, jump: above)
      if number > 0x14 { return }
      run.execute(0x200, [0xFF, 0x24, 0x95, 0, 0, 0, 0])
      run.execute(wanted.contains(code) ? 0x1000 + UInt64(number) : nowhere, [0x90])
    }
    #expect(codes == wanted.sorted())
  }

  @Test func `of a range without a table each code is kept`() {
    let (codes, _) = explore { code, run in
      run.compare(0x100, code &- 0x222000, 3, jump: above)
    }
    #expect(codes == [0x222000, 0x222001, 0x222002, 0x222003])
  }

  @Test func `codes whose method is shifted out are found`() {
    let (codes, _) = explore { code, run in
      run.compare(0x100, code >> 2, 0x222010 >> 2, jump: equal)
    }
    #expect(codes == [0x222010])
  }

  @Test func `codes behind a test of the device type are found`() {
    let (codes, _) = explore { code, run in
      run.compare(0x100, code >> 16, 0x22, jump: equal)
      if code >> 16 == 0x22 { run.compare(0x200, code, 0x222008, jump: equal) }
    }
    #expect(codes == [0x222008])
  }

  @Test func `a value that does not come from the code is not a code`() {
    let (codes, _) = explore { code, run in
      run.compare(0x100, 0x1234_5678, 0x222000, jump: equal)
      run.compare(0x200, code &* 3, 0x222000, jump: equal)
      run.compare(0x300, code, code, jump: equal)
      run.compare(0x400, code, 0x1234, jump: equal)
    }
    #expect(codes.isEmpty)
  }

  @Test func `a driver that loops and compares without end is bounded`() {
    var run = PlayedRun()
    for count in 0..<20_000 as Range<UInt64> {
      run.compare((count % 7000) << 8, 5, 6, jump: above)
    }
    #expect(run.recorder.observations.count == ComparisonRecorder.maximumCount)
    let (codes, probes) = explore { code, run in
      for count in 0..<200 as Range<UInt32> {
        run.compare(UInt64(count) << 8, code, 0x22_0000 + count * 4, jump: above)
      }
    }
    #expect(codes.count <= ControlCodeExplorer.maximumCodeCount)
    #expect(probes <= ControlCodeExplorer.maximumProbeCount)
  }

  @Test func `a recorder that is reset records as if it were new`() {
    var run = PlayedRun()
    run.compare(0x100, 5, 6, jump: equal)
    let before = run.recorder.observations
    run.recorder.reset()
    run.compare(0x100, 5, 6, jump: equal)
    #expect(run.recorder.observations == before)
  }
}
