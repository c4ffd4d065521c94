extension Behaviour {
  /// Where pools and system PTEs end.
  static let limitHistory: [Change] =
    nonpagedLimitHistory + pagedLimitHistory + systemPTELimitHistory

  private static let nonpagedLimitHistory: [Change] = [
    .first(
      \.nonpagedPoolLimit32,
      evidence: .unconfirmed("KB Q126402 begins with NT 3.5; assumed as there")
    ),
    .since(
      .nt350,
      \.nonpagedPoolLimit32,
      .growing(atMostMegabytes: 128),
      evidence: .document("\(Source.poolSizes), which calls its formulas approximate"),
      confidence: .medium
    ),
    .since(
      .wxp,
      \.nonpagedPoolLimit32,
      .growing(atMostMegabytes: 256),
      evidence: .unconfirmed(
        "\(Source.memoryLimits): at most 256 MB; below that, assumed to grow as in \(Source.poolSizes)"
      )
    ),
    .since(
      .vista,
      \.nonpagedPoolLimit32,
      .share(percent: 100, atMostGigabytes: 2),
      evidence: .document("\(Source.memoryLimits): limited by addresses and physical memory only")
    ),
    .since(
      .vistasp1,
      \.nonpagedPoolLimit32,
      .share(percent: 75, atMostGigabytes: 2),
      evidence: .document(
        "\(Source.memoryLimits): the general rule, which Server 2008, the same kernel, is not exempt from"
      ),
      confidence: .medium
    ),
    .since(
      .win7,
      \.nonpagedPoolLimit32,
      .share(percent: 75, atMostGigabytes: 2),
      evidence: .document(Source.memoryLimits)
    ),
    .since(
      .win81,
      \.nonpagedPoolLimit32,
      .share(percent: 100, atMostGigabytes: 2),
      evidence: .document("\(Source.memoryLimits): RAM or 16 TB, in 2 GB of addresses")
    ),
    .since(
      .win10_1507,
      \.nonpagedPoolLimit32,
      .share(percent: 75, atMostGigabytes: 2),
      evidence: .document("\(Source.memoryLimits): the general rule")
    ),
    .first(
      \.nonpagedPoolLimit64,
      evidence: .unconfirmed(
        "\(Source.memoryLimits): Server 2003 has up to 128 GB \"depending on configuration and RAM\"; "
          + "the share is assumed to be that of Server 2008"
      )
    ),
    .since(
      .vista,
      \.nonpagedPoolLimit64,
      .share(percent: 40, atMostGigabytes: 128),
      evidence: .document(Source.memoryLimits)
    ),
    .since(
      .vistasp1,
      \.nonpagedPoolLimit64,
      .share(percent: 75, atMostGigabytes: 128),
      evidence: .document(
        "\(Source.memoryLimits), of Server 2008, which is the same kernel as Vista SP1"
      ),
      confidence: .medium
    ),
    .since(
      .win8,
      \.nonpagedPoolLimit64,
      .share(percent: 100, atMostGigabytes: 128),
      evidence: .document("\(Source.memoryLimits): the general rule")
    ),
    .since(
      .win81,
      \.nonpagedPoolLimit64,
      .share(percent: 100, atMostGigabytes: 16 << 10),
      evidence: .document(Source.memoryLimits)
    ),
    .since(
      .win10_1507,
      \.nonpagedPoolLimit64,
      .share(percent: 100, atMostGigabytes: 128),
      evidence: .document("\(Source.memoryLimits): the general rule")
    ),
  ]

  private static let pagedLimitHistory: [Change] = [
    .first(
      \.pagedPoolLimit32,
      evidence: .unconfirmed("KB Q126402 begins with NT 3.5; assumed as there")
    ),
    .since(
      .nt350,
      \.pagedPoolLimit32,
      .twiceNonpaged(atMostMegabytes: 192),
      evidence: .document(
        "\(Source.poolSizes), in whole numbers; its example of 32 MB does not round, and so gets 30 MB, where this gets 24"
      ),
      confidence: .medium
    ),
    .since(
      .w2k,
      \.pagedPoolLimit32,
      .twiceNonpaged(atMostMegabytes: 192),
      evidence: .document(
        "\(Source.poolSizes); Memory Limits for Windows Releases (MSDN aa366778) says up to 350 MB"
      ),
      confidence: .disputed
    ),
    .since(
      .wxp,
      \.pagedPoolLimit32,
      .twiceNonpaged(atMostMegabytes: 490),
      evidence: .unconfirmed(
        "\(Source.memoryLimits): at most 490 MB; below that, assumed to grow as in \(Source.poolSizes)"
      )
    ),
    .since(
      .ws03,
      \.pagedPoolLimit32,
      .twiceNonpaged(atMostMegabytes: 530),
      evidence: .unconfirmed(
        "\(Source.memoryLimits): at most 530 MB; below that, about twice nonpaged pool "
          + "(TechNet cc738462, PagedPoolSize)"
      )
    ),
    .since(
      .vista,
      \.pagedPoolLimit32,
      .gigabytes(2),
      evidence: .document("\(Source.memoryLimits): limited by addresses only")
    ),
    .first(
      \.pagedPoolLimit64,
      evidence: .document(
        "\(Source.memoryLimits): Server 2003 has up to 128 GB, depending on configuration and RAM"
      ),
      confidence: .medium
    ),
    .since(
      .vista,
      \.pagedPoolLimit64,
      .gigabytes(128),
      evidence: .document(Source.memoryLimits)
    ),
    .since(.win8, \.pagedPoolLimit64, .gigabytes(384), evidence: .document(Source.memoryLimits)),
    .since(
      .win81,
      \.pagedPoolLimit64,
      .gigabytes(15_872),
      evidence: .document("\(Source.memoryLimits): 15.5 TB")
    ),
    .since(
      .win10_1507,
      \.pagedPoolLimit64,
      .gigabytes(384),
      evidence: .document("\(Source.memoryLimits): the general rule")
    ),
  ]

  private static let systemPTELimitHistory: [Change] = [
    .first(
      \.systemPTELimit32,
      evidence: .unconfirmed(
        "no figures by memory are published; ReactOS (mm/ARM3/mminit.c), which follows Server 2003, "
          + "takes these"
      )
    ),
    .since(
      .vista,
      \.systemPTELimit32,
      .gigabytes(2),
      evidence: .document(
        "Microsoft Docs, Memory Management Registry Keys: SystemPtesLimit; by default, addresses only"
      )
    ),
    .first(
      \.systemPTELimit64,
      evidence: .unconfirmed("not established before Windows 7; assumed as there")
    ),
    .since(
      .win7,
      \.systemPTELimit64,
      .gigabytes(128),
      evidence: .document("codemachine.com/articles/x64_kernel_virtual_address_space_layout.html")
    ),
    .since(
      .win8,
      \.systemPTELimit64,
      .gigabytes(128),
      evidence: .unconfirmed("not established; assumed as in Windows 7")
    ),
    .since(
      .win81,
      \.systemPTELimit64,
      .gigabytes(16 << 10),
      evidence: .unconfirmed(
        "Windows Internals, 7th edition, part 1, chapter 5, from memory: 16 TB since Windows 8.1"
      )
    ),
  ]
}
