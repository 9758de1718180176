// Written by page-data.mjs from page-data.json; change that file.
interface Page {
  lang: string;
  title: string;
  regency: string;
  year: number;
  estimate_line: string;
  boundary_line: string;
  level_line: string;
  sources: string[];
  created: string;
  software: string;
  texts: Record<string, string>;
  topology: PackedTopology | Topology;
  villages: Villages;
  ground: PackedGround;
  agencies: string[];
  profiles: boolean;
  unmapped: UnmappedVillage[];
  districts: District[];
  pockets: Pocket[];
  wide: WideArea[];
  verdict: Verdict;
  trend: Trend | null;
  honesty: string[];
  network: PackedNumbers | null;
  houses: Houses | null;
  notes: string[];
  home: string;
  agency: AgencyHead;
  pages: PageLink[];
  layers: Layer[];
  needs: Needs | null;
  missing_data: MissingData | null;
  blocks: Block[];
  english: English;
}

interface Villages {
  code: string[] | string;
  name: string[];
  district: number[];
  households: (number | null)[];
  people: (number | null)[];
  certainty: string[] | Sentences;
  verdict: string[] | Sentences;
  usual_verdict: string;
  acts: number[][];
  planned: Record<string, string>;
}

interface Sentences {
  frames: string[];
  rows: string[];
}

interface UnmappedVillage {
  code: string;
  name: string;
  district: string;
  reason: string;
}

interface District {
  code: string;
  name: string;
  labels: [number, number][] | PackedNumbers;
  households: number | null;
  roles: string[];
}

interface Pocket {
  number: number;
  name: string;
  evidence: "strict" | "indicative";
  villages: number[];
  core: number[];
  sentence: string;
  roles: string[];
}

interface WideArea {
  number: number;
  villages: number[];
  sentence: string;
}

interface Verdict {
  headline: string;
  sentences: string[];
}

interface Trend {
  label: string;
  note: string;
  years: number[];
  values: Record<string, (number | null)[][] | PackedNumbers>;
}

interface AgencyHead {
  key: string;
  name: string;
  focus: string;
}

interface PageLink {
  href: string;
  name: string;
  current: boolean;
}

interface Layer {
  key: string;
  label: string;
  unit: string;
  decimals: number;
  denominator: string;
  worse: "high" | "low";
  values: (number | null)[] | PackedNumbers;
  counts: (number | null)[] | PackedNumbers | null;
  count_label: string | null;
  known: Answered | null;
  class: (number | null)[] | string;
  classes: LayerClass[];
  n_missing: number;
  regency_value: number | null;
  district_values: (number | null)[];
  district_counts: (number | null)[] | null;
  source: string;
  year: number;
  note: string;
}

interface Answered {
  answered: (number | null)[];
  percent: (number | null)[];
  thin: number[];
}

interface LayerClass {
  color: string;
  label: string;
  count: number;
}

interface Needs {
  headline: string;
  lead: string;
  begin: string;
  places: HeaviestPlaces[];
  more: string;
  items: string[];
}

interface HeaviestPlaces {
  headline: string;
  items: string[];
}

interface MissingData {
  headline: string;
  lead: string;
  items: string[];
}

interface Block {
  key: string;
  headline: string;
  lead: string;
  items: string[];
  table: BlockTable | null;
}

interface BlockTable {
  head: string[];
  align: ("l" | "r")[];
  rows: string[][];
}

interface English {
  texts: string[];
  pairs: string[];
}

interface PackedNumbers {
  bytes: number;
  data: string;
}

interface PackedTopology {
  transform: Transform;
  bytes: number;
  data: string;
  names: string[];
}

interface PackedGround {
  origin: [number, number];
  step: number;
  fine: number;
  bytes: number;
  data: string;
  layers: GroundTold[];
}

interface GroundTold {
  kind: "road" | "river" | "water" | "seat" | "place";
  label: string;
  scale: number;
  names: string[];
}

interface Transform {
  scale: [number, number];
  translate: [number, number];
}

interface Houses {
  count: number;
  needs: string[];
  assisted: boolean[];
  groups: string[];
  per_village: number[];
  origin: [number, number];
  shuffle: number;
  mask_bytes: number;
  bytes: number;
  data: string;
  photo_rows: number[];
  photo_of: number[];
  photos: string[];
}
