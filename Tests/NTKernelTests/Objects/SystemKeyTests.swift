import GuestABI
import NTKernel
import NTReleases
import Testing

/// What the registry says of the release and the processor.
@Suite struct SystemKeyTests {
  @Test(arguments: Host.all)
  func `CurrentVersion and the build are those of the release`(host: Host) throws {
    let fixture = try host.fixture()
    let key = fixture.kernel.registry.makeKey(
      "MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    )
    let release = host.release
    let version = try #require(key.value("CurrentVersion")).text
    let expected =
      release >= .win10_1507
      ? "6.3"
      : release < .nt351
        ? "3.\(release.minorVersion / 10)" : "\(release.majorVersion).\(release.minorVersion)"
    #expect(version == expected)
    #expect(key.value("CSDVersion")?.text ?? "" == release.csdVersion)
    #expect((key.value("CurrentBuildNumber") == nil) == (release < .nt350))
    if let build = key.value("CurrentBuildNumber") { #expect(build.text == "\(release.build)") }
    let processor = fixture.kernel.registry.makeKey(
      "MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0"
    )
    let prefix = host.architecture == .x86 ? "x86 Family 6" : "Intel64 Family 6"
    #expect(try #require(processor.value("Identifier")).text.hasPrefix(prefix))
  }
}

extension RegistryValue {
  /// The text of a string, without its terminator.
  fileprivate var text: String {
    let units = stride(from: 0, to: data.count - 3, by: 2).map {
      UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8
    }
    return String(decoding: units, as: UTF16.self)
  }
}
