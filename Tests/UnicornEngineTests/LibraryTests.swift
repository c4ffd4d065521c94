import GuestABI
import GuestEngine
import Testing
import UnicornEngine

@Suite struct LibraryTests {
  private func failure(opening paths: [String]) -> EngineError? {
    do throws(EngineError) {
      _ = try UnicornLibrary(paths: paths)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["/no/such/libunicorn.so.2", #filePath, "/"])
  func `what is no library is one line that says what to do`(path: String) throws {
    let error = try #require(failure(opening: [path]))
    #expect(error.code == .unavailable)
    #expect(error.description.hasPrefix("Unicorn 2.1.3 or later is needed: run Tools/setup"))
    #expect(error.description.contains(path))
    #expect(!error.description.contains("\n"))
  }

  @Test func `no path at all is one line too`() throws {
    let error = try #require(failure(opening: []))
    #expect(error.description.hasSuffix("(no path given)"))
  }

  @Test func `a library without Unicorn's functions is refused by name`() throws {
    let error = try #require(failure(opening: ["libc.so.6"]))
    #expect(error.description.contains("libc.so.6 has no function uc_"))
  }

  @Test func `the first path that can be opened counts`() throws {
    _ = try Processor.library.get()
    #expect(UnicornLibrary.defaultPaths(programPath: "lockstep").last == "libunicorn.so.2")
  }

  @Test func `processors come and go`() throws {
    for round in 0..<20 {
      let processor = try Processor(PageTableFormat.allCases[round % 3])
      #expect(try processor.run(Code.setEAX(UInt32(round))) == .halted)
      #expect(processor.registers.rax == UInt64(round))
    }
    // And many at once.
    let processors = try (0..<20).map { try Processor(PageTableFormat.allCases[$0 % 3]) }
    for (index, processor) in processors.enumerated() {
      #expect(try processor.run(Code.setEAX(UInt32(index))) == .halted)
    }
    for (index, processor) in processors.enumerated() {
      #expect(processor.registers.rax == UInt64(index))
    }
  }

  @Test func `processors on several threads do not disturb each other`() async throws {
    let sums = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for thread in 0..<4 {
        group.addTask { try Self.count(PageTableFormat.allCases[thread % 3]) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == Array(repeating: [1_000_000, 3_000_002], count: 4))
  }

  /// Counts to a million, in parts; returns the sum and the instructions.
  private static func count(_ format: PageTableFormat) throws -> [UInt64] {
    let processor = try Processor(format)
    processor.engine[.rsi] = 0
    // mov ecx, 1000000; loop: inc esi; dec ecx; jnz loop.
    let code: [UInt8] = [0xB9, 0x40, 0x42, 0x0F, 0, 0xFF, 0xC6, 0xFF, 0xC9, 0x75, 0xFA]
    processor.registers.rip = try processor.place(code).rawValue
    var exit = Exit.budgetExhausted
    while exit == .budgetExhausted {
      processor.engine.instructionLimit = processor.engine.instructionCount + 10_000
      exit = try processor.resume()
    }
    #expect(exit == .halted)
    return [processor.engine[.rsi], processor.engine.instructionCount]
  }
}
