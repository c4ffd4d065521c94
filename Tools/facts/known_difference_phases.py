"""Which releases each known difference tells apart: made by hand from the release_boundary column.

A difference divides the releases into phases. `nt310=a nt400sp4=b` says that releases from NT 3.1
behave one way (a) and those from NT 4.0 SP4 another (b), in the order of code lines. A letter may
return (XP SP3 fixed what Server 2003 RTM still had: `wxpsp3=b ws03=a ws03sp1=b`). Before the first
phase the difference does not apply (its routine did not exist) or nothing is known. `?` is a phase
of which nothing is known.

scope  releases    two releases can differ in it
       everywhere  every release has it, from its first phase on
       platform    it lies between processors, not releases
       variant     it lies in a product that is not in the list of releases
exact  yes   the source names the releases
       no    the source names a range, an era or a document; the phase starts at its best bound
"""

# id: (scope, exact, phases)
PHASES = {
    "KD-001": ("releases", "yes", "nt310=a nt400sp4=b"),
    "KD-002": ("releases", "yes", "nt310=a nt400sp4=b"),
    "KD-003": ("platform", "yes", ""),
    "KD-004": ("platform", "yes", ""),
    "KD-005": ("everywhere", "yes", "wxp=a"),
    "KD-006": ("releases", "yes", "wxp=a win8=b"),
    "KD-007": ("releases", "yes", "nt310=a nt400sp4=b"),
    "KD-008": ("releases", "yes", "nt310=a nt400sp3=b"),
    "KD-009": ("releases", "yes", "ws03sp1=a win81=b"),
    "KD-010": ("releases", "yes", "nt310=a w2k=b"),
    "KD-011": ("releases", "yes", "nt310=a w2k=b"),
    "KD-012": ("everywhere", "yes", "nt310=a"),
    "KD-013": ("everywhere", "yes", "nt400sp4=a"),
    "KD-014": ("releases", "yes", "w2k=a wxp=b"),
    "KD-015": ("releases", "yes", "nt400sp4=a win8=b"),
    "KD-016": ("everywhere", "yes", "win8=a"),
    "KD-017": ("everywhere", "no", "nt310=a"),
    "KD-018": ("everywhere", "yes", "nt310=a"),
    "KD-019": ("releases", "no", "nt350=a nt400=?"),
    "KD-020": ("releases", "yes", "w2k=a vista=b win7=c"),
    "KD-021": ("releases", "yes", "nt310=a vista=b"),
    "KD-022": ("platform", "yes", ""),
    "KD-023": ("releases", "no", "ws03sp1=a win8=b ws2022=? win11_21h2=a"),
    "KD-024": ("releases", "no", "nt310=a win8=b"),
    "KD-025": ("releases", "no", "nt310=a ws03=b"),
    "KD-026": ("releases", "no", "wxp=a wxpsp2=b ws03=?"),
    "KD-027": ("releases", "yes", "nt310=a win8=b"),
    "KD-028": ("releases", "no", "nt310=a w2k=b"),
    "KD-029": ("everywhere", "yes", "wxp=a"),
    "KD-030": ("releases", "yes", "w2k=a win7=b"),
    "KD-031": ("releases", "yes", "w2k=a vistasp1=b"),
    "KD-032": ("releases", "yes", "ws03sp1=a win7=b"),
    "KD-033": ("everywhere", "yes", "w2k=a"),
    "KD-034": ("releases", "yes", "nt310=a w2k=b"),
    "KD-035": ("releases", "no", "w2k=a win8=b"),
    "KD-036": ("releases", "no", "nt350=a nt351sp2=b"),
    "KD-037": ("releases", "no", "nt400=a nt400sp2=b"),
    "KD-038": ("variant", "yes", ""),
    "KD-039": ("releases", "yes", "nt310=a nt350=b"),
    "KD-040": ("releases", "yes", "nt310=a w2k=b"),
    "KD-041": ("releases", "no", "nt310=a wxp=b"),
    "KD-042": ("releases", "yes", "nt310=a nt400sp4=b"),
    "KD-043": ("releases", "yes", "nt310=a w2k=b"),
    "KD-044": ("releases", "yes", "nt310=a win8=b"),
    "KD-045": ("everywhere", "yes", "win10_1507=a"),
    "KD-046": ("releases", "yes", "nt310=a win10_2004=b"),
    "KD-047": ("releases", "yes", "nt310=a w2k=b"),
    "KD-048": ("releases", "no", "nt310=a w2k=b"),
    "KD-049": ("releases", "no", "nt310=a w2k=b"),
    "KD-050": ("releases", "yes", "nt310=a win8=b"),
    "KD-051": ("releases", "yes", "nt310=a win10_1803=b"),
    "KD-052": ("releases", "yes", "nt310=a w2k=b"),
    "KD-053": ("releases", "yes", "nt310=a win10_1507=b"),
    "KD-054": ("releases", "yes", "nt310=a w2k=b"),
    "KD-055": ("releases", "yes", "nt310=a w2k=b"),
    "KD-056": ("everywhere", "yes", "nt310=a"),
    "KD-057": ("releases", "yes", "nt310=a nt351=b nt400=c wxp=d"),
    "KD-058": ("releases", "yes", "nt310=a w2k=b"),
    "KD-059": ("releases", "yes", "nt310=a nt350=b w2k=a"),
    "KD-060": ("releases", "yes", "nt310=a nt350=b"),
    "KD-061": ("releases", "yes", "w2k=a ws03=b vista=c win81=d"),
    "KD-062": ("releases", "yes", "nt310=a wxp=b"),
    "KD-063": ("releases", "yes", "nt351=a win10_1507=b"),
    "KD-064": ("releases", "yes", "nt310=a nt351=b"),
    "KD-065": ("releases", "yes", "nt310=a w2k=b"),
    "KD-066": ("releases", "yes", "nt310=a nt351=b"),
    "KD-067": ("releases", "yes", "nt310=a ws2022=b"),
    "KD-068": ("everywhere", "yes", "nt310=a"),
    "KD-069": ("releases", "yes", "nt310=a nt400sp4=b"),
    "KD-070": ("releases", "yes", "w2k=a wxp=b"),
    "KD-071": ("releases", "yes", "w2k=a wxpsp3=b ws03=a ws03sp1=b"),
    "KD-072": ("releases", "yes", "nt310=a w2k=b win8=c"),
    "KD-073": ("releases", "yes", "ws03sp1=a win10_1607=b"),
}
