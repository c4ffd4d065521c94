internal import NTKernel
internal import NTStructures

extension Scenario {
  /// The buffers of the default scenario: an aligned page; three pages from 0x123; and a few bytes
  /// across a page boundary.
  public static let defaultBuffers = [
    Buffer(size: 0x1000, byteOffset: 0),
    Buffer(size: 0x2345, byteOffset: 0x123),
    Buffer(size: 0x40, byteOffset: 0xFE0),
  ]

  /// A device comes, for a driver that takes devices.
  static var arrival: [Step] {
    [tentative(.addDevice(nil)), tentative(.tell(.start))]
  }

  /// What a device goes through when nothing has it open.
  private static var departure: [Step] {
    let actions: [Action] = [
      // S3 (4) and S0 (1).
      .power(.system(4), isQuery: true), .power(.system(4), isQuery: false),
      .power(.system(1), isQuery: false),
      .tell(.queryStop), .tell(.stop), .tell(.start),
      .tell(.queryRemove), .tell(.cancelRemove), .tell(.remove),
      .addDevice(nil), .tell(.start),
      .tell(.surpriseRemoval), .tell(.remove),
    ]
    return actions.map(tentative)
  }

  /// What is done to a driver about which nothing is known.
  ///
  /// A driver that takes devices is given one, which is started. Every device is opened; then it is read, written and sent each control code at three buffer
  /// offsets and sizes; then it is closed, and the process that did all this ends. The system sleeps and
  /// wakes, a Plug and Play device is stopped, started again and removed, comes back and is pulled out;
  /// and the driver is unloaded.
  ///
  /// - Parameter controlCodes: The codes that the driver compares against.
  /// - Returns: The scenario.
  public static func standard(controlCodes: [UInt32]) -> Scenario {
    var steps = arrival + [Step(.open(nil))]
    for buffer in defaultBuffers {
      var data = buffer
      data.content = .counting(from: 1)
      steps += [Step(.read(buffer)), Step(.write(data))]
      for code in controlCodes {
        // A few zeros are the arguments that mean least. They lie at the same byte offset, in other
        // pages. Many drivers copy as much input as there is.
        let input = Buffer(size: min(buffer.size, 16), byteOffset: buffer.byteOffset)
        steps.append(Step(.control(code: code, input: input, output: buffer)))
      }
    }
    steps += [Step(.cleanup), Step(.close), Step(.exit)]
    steps += departure + [Step(.unload)]
    return Scenario(steps: steps)
  }
}
