import NTReleases
import Testing

@Suite struct ImportResolutionTests {
  @Test(arguments: Release.allCases.filter { $0.runs(on: .x86) })
  func `KfAcquireSpinLock moved from the HAL to the kernel`(release: Release) throws {
    let hal = try #require(
      ExportHistory.resolve("KfAcquireSpinLock", importedFrom: "HAL.dll", by: release, on: .x86)
    )
    #expect(hal.availability.isExported == (release >= .nt350))
    #expect(hal.isForwarded == (release >= .win8))
    #expect(hal.module == (release >= .win8 ? .kernel : .hal))
    let kernel = try #require(
      ExportHistory.resolve(
        "KfAcquireSpinLock",
        importedFrom: "ntoskrnl.exe",
        by: release,
        on: .x86
      )
    )
    #expect(kernel.availability.isExported == (release >= .win8))
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x64) })
  func `on x64 the HAL passes on to the kernel since Windows 10 2004`(release: Release) throws {
    let found = try #require(
      ExportHistory.resolve("HalGetBusData", importedFrom: "hal.dll", by: release, on: .x64)
    )
    #expect(found.availability.isExported)
    #expect(found.module == (release >= .win10_2004 ? .kernel : .hal))
  }

  @Test(arguments: Release.allCases.filter { $0.runs(on: .x64) })
  func `x64 never had a KfLowerIrql, and 32-bit kernels left it to the HAL`(release: Release) {
    for module in [ExportModule.kernel, .hal] {
      let found = ExportHistory.availability(of: "KfLowerIrql", in: module, by: release, on: .x64)
      #expect(found.isNotExported, "\(module.rawValue)")
    }
    guard release.runs(on: .x86) else { return }
    let found = [ExportModule.kernel, .hal].map {
      ExportHistory.availability(of: "KfLowerIrql", in: $0, by: release, on: .x86)
    }
    #expect(found[0].isNotExported && found[1].isExported)
  }

  @Test func `the fast mutex goes through another name for a while`() throws {
    let found = try [Release.ws03, .ws03sp1, .win8].map { release in
      try #require(
        ExportHistory.resolve("ExAcquireFastMutex", importedFrom: "hal.dll", by: release, on: .x86)
      )
    }
    #expect(found.map(\.module) == [.hal, .kernel, .kernel])
    #expect(
      found.map(\.name) == ["ExAcquireFastMutex", "ExiAcquireFastMutex", "ExAcquireFastMutex"]
    )
  }

  @Test(
    arguments: ["ntoskrnl.exe", "NTOSKRNL.EXE", "ntkrnlpa.exe", "NtKrnlMp.exe", "ntkrpamp.exe"]
  )
  func `all four kernels are the kernel`(dll: String) throws {
    let found = try #require(
      ExportHistory.resolve("MmMapLockedPages", importedFrom: dll, by: .wxp, on: .x86)
    )
    #expect(found.availability.isExported && found.module == .kernel)
    #expect(found.record?.argumentBytes == 8)
  }

  @Test func `other modules are none of ours`() {
    #expect(
      ExportHistory.resolve(
        "ScsiPortNotification",
        importedFrom: "scsiport.sys",
        by: .w2k,
        on: .x86
      )
        == nil
    )
  }

  @Test(arguments: [Platform.x86, .x64])
  func `what the HAL passes on exists in the kernel`(platform: Platform) throws {
    for release in [Release.ws03sp1, .win8, .win10_1507, .win10_2004]
    where release.runs(on: platform) {
      for record in ExportHistory.allRecords where record.module == .hal {
        guard record.availability(in: release, on: platform).isExported,
          let forward = record.forward(in: release, on: platform)
        else { continue }
        let found = ExportHistory.availability(
          of: forward.target,
          in: .kernel,
          by: release,
          on: platform
        )
        #expect(found.isExported, "\(record.name) to \(forward.target) in \(release): \(found)")
      }
    }
  }
}
