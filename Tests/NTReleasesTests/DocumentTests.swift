import NTReleases
import Testing

@Suite struct DocumentTests {
  @Test func `bug checks are found by code and first parameter`() throws {
    let fault = try #require(BugCheckDescription.descriptions(of: 0x50).first)
    #expect(
      fault.name == "PAGE_FAULT_IN_NONPAGED_AREA" && fault.kernelUse == "kernel in 3.51 and higher"
    )
    #expect(fault.parameters.count == 4 && fault.parameters[0] == "address referenced")
    let cache = BugCheckDescription.description(of: 0x1A, firstParameter: 0x1000)
    #expect(cache?.trigger.contains("noncached") == true)
    #expect(BugCheckDescription.description(of: 0x1A, firstParameter: 0xFFFF) == nil)
    #expect(
      BugCheckDescription.description(of: 0xDA, firstParameter: 0x202)?.subcode == "0x201,0x202"
    )
    #expect(BugCheckDescription.description(of: 0xC4, firstParameter: 0x87)?.subcode == "0x86-0x88")
    #expect(BugCheckDescription.description(of: 0x50, firstParameter: 1)?.code == 0x50)
    #expect(BugCheckDescription.descriptions(of: 0xDEAD).isEmpty)
    #expect(BugCheckDescription.all.count == 233)
    #expect(BugCheckDescription.all.allSatisfy { !$0.source.isEmpty && $0.code != 0 })
  }

  @Test(arguments: Release.allCases)
  func `every bug check that the model raises is described`(release: Release) {
    let behaviour = Behaviour(of: release)
    let codes = [
      behaviour.invalidSystemAddressBugCheck, behaviour.driverIRQLFaultBugCheck,
      behaviour.unhandledExceptionBugCheck32, behaviour.unhandledExceptionBugCheck64,
      behaviour.unhandledSystemThreadExceptionBugCheck, behaviour.partialMDLBugCheck,
    ]
    for code in codes { #expect(!BugCheckDescription.descriptions(of: code).isEmpty) }
  }

  @Test func `routines are found by name`() throws {
    let routine = try #require(RoutineFacts(of: "MmMapLockedPages"))
    #expect(routine.argumentBytes == 8 && routine.convention == .stdcall)
    #expect(routine.irqlInNT4 == "KernelMode <=DISPATCH; UserMode <DISPATCH")
    #expect(routine.source.contains("KB199311"))
    #expect(RoutineFacts.all.count == 69)
    #expect(RoutineFacts.all.allSatisfy { !$0.source.isEmpty })
    #expect(RoutineFacts(of: "MmMapLocked") == nil)
  }

  @Test(arguments: RoutineFacts.all)
  func `routines and export tables agree on argument bytes`(routine: RoutineFacts) {
    guard let bytes = routine.argumentBytes else { return }
    let found = ExportHistory.records(of: routine.name).compactMap(\.argumentBytes)
    #expect(found.allSatisfy { $0 == bytes }, "\(routine.name)")
  }

  @Test(arguments: RoutineFacts.all)
  func `routines and export tables agree on the first release`(routine: RoutineFacts) throws {
    guard routine.kind == "export", let first = Release(id: routine.firstExport) else { return }
    let records = ExportHistory.records(of: routine.name)
    #expect(records.compactMap(\.first).contains(first), "\(routine.name)")
  }

  @Test func `pages of the reference are found by name`() throws {
    let page = try #require(DDIFacts.pages(of: "MmProbeAndLockPages").first)
    #expect(page.header == "wdm.h" && page.source.hasSuffix("nf-wdm-mmprobeandlockpages.md"))
    #expect(DDIFacts.all.count == 2068)
    #expect(DDIFacts.pages(of: "ExAllocatePool").count == 3)
    #expect(DDIFacts.all.contains { $0.isObsolete } && DDIFacts.all.contains { $0.isMacro })
  }

  @Test(
    arguments: [
      ("IoAllocateMdl", IRQLRule.atMost(.dispatch)), ("ZwCreateFile", .exactly(.passive)),
      ("KeGetCurrentIrql", .any),
    ]
  )
  func `plain words about IRQL become rules`(name: String, rule: IRQLRule) {
    #expect(DDIFacts.pages(of: name).first?.irqlRule == rule)
  }

  @Test func `most documented levels are understood`() {
    let written = DDIFacts.all.filter { !$0.irql.isEmpty }
    let understood = written.count { $0.irqlRule != nil }
    #expect(understood > written.count * 9 / 10)
    #expect(IRQLRule.below(.dispatch).allows(.apc) && !IRQLRule.below(.dispatch).allows(.dispatch))
  }

  @Test func `structures have their published offsets`() {
    #expect(StructureFacts.offset(of: "MDL", "ByteOffset", pointerSize: 4) == 0x18)
    #expect(StructureFacts.offset(of: "MDL", "ByteOffset", pointerSize: 8) == 0x2C)
    #expect(StructureFacts.size(of: "MDL", pointerSize: 4) == 28)
    #expect(StructureFacts.size(of: "MDL", pointerSize: 8) == 48)
    #expect(StructureFacts.offset(of: "IRP", "IoStatus.Status", pointerSize: 8) == 0x30)
    #expect(StructureFacts.offset(of: "IRP", "IoStatus.Status", pointerSize: 4) == 0x18)
    #expect(StructureFacts.size(of: "DEVICE_OBJECT", pointerSize: 8) == 336, "the WDK's, not 328")
    #expect(StructureFacts.offset(of: "MDL", "NoSuchField", pointerSize: 4) == nil)
    #expect(StructureFacts.all.count == 1148)
    #expect(StructureFacts.fields(of: "MDL").map(\.field).first == "Next")
    #expect(StructureFacts.all.allSatisfy { !$0.source.isEmpty })
  }

  @Test(arguments: StructureFacts.memberStructures.keys.sorted())
  func `members with structures of their own are as large as these`(path: String) throws {
    let structure = try #require(path.split(separator: ".").first.map(String.init))
    let field = String(path.dropFirst(structure.count + 1))
    let type = try #require(StructureFacts.memberStructures[path])
    for pointerSize in [4, 8] {
      let size = try #require(StructureFacts.size(of: type, pointerSize: pointerSize))
      #expect(StructureFacts.size(of: structure, field, pointerSize: pointerSize) == size)
    }
  }

  @Test func `member orders are known by kernel build`() {
    let variants = StructureVariant.variants(of: "KDPC")
    #expect(variants.count == 8 && variants.allSatisfy { !$0.source.isEmpty })
    let old = variants.first { $0.firstBuild == "5.0.2195.7376" }
    #expect(old?.members.prefix(3) == ["SHORT Type", "UCHAR Number", "UCHAR Importance"])
  }
}
