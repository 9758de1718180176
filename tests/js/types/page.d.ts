// What the scripts of a page share by `window.sibangkit`, and the shapes they hand to each other.
type Leaflet = typeof import("leaflet");
type LeafletMap = import("leaflet").Map;
type Point = import("leaflet").Point;
type LatLng = import("leaflet").LatLng;
type LatLngBounds = import("leaflet").LatLngBounds;
type LayerGroup = import("leaflet").LayerGroup;
type PathOptions = import("leaflet").PathOptions;
type MapOptions = import("leaflet").MapOptions;
type Areas = import("geojson").Polygon | import("geojson").MultiPolygon;
type Pen = CanvasRenderingContext2D;
type Steps = Generator<unknown, void, unknown>;
// the same without the columns written as text; made so that a key is still the table's key
type Packer<T, K extends keyof T> = Omit<T, K> & { [P in K]: Exclude<T[P], string | PackedNumbers> };
// names that a layer of the page's own making does without
type Loose =
  | "denominator" | "count_label" | "regency_value" | "district_values" | "district_counts" | "source"
  | "year" | "note";

// the page's data once base.js has unpacked its columns
type ShownLayer = Packer<Omit<Layer, Loose>, "class" | "values" | "counts"> & { [K in keyof Pick<Layer, Loose>]?: Layer[K] | null };
type ShownVillages = Packer<Omit<Villages, "certainty" | "verdict">, "code"> & {
  [K in keyof Pick<Villages, "certainty" | "verdict">]: string[];
};
type ShownDistrict = Packer<District, "labels">;
type ShownPage = Omit<Page, "villages" | "layers" | "districts"> & {
  [K in keyof Pick<Page, "villages">]: ShownVillages;
} & { [K in keyof Pick<Page, "layers">]: ShownLayer[] } & {
  [K in keyof Pick<Page, "districts">]: ShownDistrict[];
};
// the same before
interface PackedParts {
  villages: Villages;
  districts: District[];
  layers: (Omit<ShownLayer, "class" | "values" | "counts"> & Pick<Layer, "class" | "values" | "counts">)[];
}

interface Place { lat: number; lng: number }
interface At { x: number; y: number }
interface Size { w: number; h: number }
interface Edges { left: number; right: number; top: number; bottom: number }

// ---- elements
type Value = string | number | boolean | null | undefined;
// events differ by element: the handler knows its own
type Handler = (event: any) => unknown;
interface Attributes { [name: string]: Value | Handler }

interface Elements {
  pages: HTMLSelectElement; language: HTMLButtonElement; layer: HTMLSelectElement;
  other: HTMLSelectElement; district: HTMLSelectElement; search: HTMLInputElement;
  "show-districts": HTMLInputElement; "show-pockets": HTMLInputElement;
  "show-names": HTMLInputElement; "show-network": HTMLInputElement;
  "show-houses": HTMLInputElement; "verdict-box": HTMLDetailsElement;
  ranking: HTMLTableSectionElement; help: HTMLDialogElement; honesty: HTMLDialogElement; areas: HTMLDialogElement;
  "filter-box": HTMLDetailsElement; "filter-side": HTMLSelectElement; "filter-pocket": HTMLSelectElement;
  "filter-least": HTMLInputElement;
  "measure-back": HTMLButtonElement; "locate-input": HTMLInputElement;
  "house-need": HTMLSelectElement; data: HTMLScriptElement;
}

// ---- what is chosen
// least: or most, with atMost; none where only pockets are asked for
interface Filter { layer: ShownLayer; atMost: boolean; least: number | null; pocket: string }
interface Chosen { district: number | null; filter: Filter | null }
interface State {
  layer: ShownLayer;
  other: ShownLayer | null;
  district: number | null;
  selected: number | null;
  unmapped: UnmappedVillage | null;
  filter: Filter | null;
  all: boolean;
  names: boolean;
  home: boolean;
  tool: string | null;
}
type OnRow = (row: number | null) => void;
interface Address {
  layer?: string | null;
  other?: string | null;
  district?: string | null;
  village?: string | null;
  filter?: string | null;
  areas?: string | null;
  houses?: boolean;
  english?: boolean;
  view?: (Place & { zoom: number }) | null;
}
type Wish = Required<Address>;

// ---- geometry
interface Reader { number(): number; list<T>(read: (_: unknown, index: number) => T): T[] }
type Rings = number[][];
type Box = [number, number, number, number];
interface View { scale: number; left: number; top: number; right: number; bottom: number; thin: number }
interface Frame { zoom: number; corner: Point; size: Point }
interface Line { arcs: number[]; box: Box }

interface Sketch {
  topology: Topology;
  object: GeometryCollection;
  context: GeometryCollection;
  shapes(): FeatureCollection;
  around(): FeatureCollection;
  outlineOf(rows: number[]): import("geojson").MultiLineString;
  districtLines(): import("geojson").MultiLineString;
  rim(): import("geojson").MultiLineString;
  land(): import("geojson").MultiPolygon;
  arcsOf(rows: number[], wanted: Wanted): number[][];
  betweenDistricts: Wanted;
  alone: Wanted;
  distanceKm(a: Place, b: Place): number;
  lengthKm(points: Place[]): number;
  areaHa(points: Place[]): number;
}

interface Mosaic {
  villages: Rings[];
  around: Rings[];
  villageBoxes: Box[];
  aroundBoxes: Box[];
  boxOf(rings: Rings): Box;
  areaOf(line: number[]): number;
  viewOf(wanted: Frame & { shrink?: number; thin: number }): View;
  sees(view: View, box: Box): boolean;
  traceLine(pen: Pen, arcs: number[], view: View): void;
  traceRings(pen: Pen, rings: Rings, view: View): void;
  villageAt(place: Place): number | null;
  boundsOf(rows: number[]): LatLngBounds;
  bounds: LatLngBounds;
}

// ---- names on the map
interface LetterStyle { sizes: number[]; weight: number; className: string; italic?: boolean }
type LetterKind = "district" | "village" | "selected" | "neighbor" | "river" | "place";
interface Shape extends Size { lines: string[]; size: number; style: LetterStyle; widows: number }
interface Job {
  index: number;
  anchor: At;
  own: (id: number) => boolean;
  code: string;
  options: (Shape & At & Edges & { cost: number })[];
  room: number;
}
interface Label extends Size, At, Edges {
  lines: string[];
  size: number;
  kind: LetterKind | "pocket";
  cost?: number;
  job?: Job;
  code?: string;
  district?: number | null;
  evidence?: Pocket["evidence"];
  faded?: boolean;
  leader?: boolean;
  anchor?: At;
}
type Placed = Label & { job: Job; cost: number };
interface World {
  neighborNames: string[];
  villageNames: string[];
  districtOf: number[];
  districts: ShownDistrict[];
}
interface NamesWanted {
  names: boolean;
  fitted: boolean;
  selected: number | null;
  pockets: Pocket[];
  district: number | null;
  meant: number[] | null;
}

interface Picture {
  draw(frame: Frame): Steps;
  at(x: number, y: number): number;
  samples(group: (id: number) => number | null, stride: number): Map<number, At[]>;
  shareInside(box: Size & { left: number; top: number }, belongs: (id: number) => boolean): number;
}

interface Placer {
  root: SVGSVGElement;
  circles(): Edges[];
  follow(): void;
  steps(wanted: NamesWanted): Steps;
}

// what the painter of names takes from the placer whose methods it becomes
interface Painter extends NamePainter {
  map: LeafletMap;
  root: SVGSVGElement;
  corner: Point;
  zoom: number;
  focus: number | null;
  painted?: { corner: Point; zoom: number; places: (At & { node: SVGElement })[] };
}
interface NamePainter {
  paint(labels: Label[]): Steps;
  follow(): void;
  leader(label: Label, offset: Point): SVGElement[];
  badge(label: Label, offset: Point): SVGElement;
  name(label: Label, offset: Point): SVGElement;
}

// the names of the ground take the same from it
interface GroundPlacer {
  map: LeafletMap;
  size: Point;
  corner: Point;
  zoom: number;
  blocked: Edges[];
  fits(box: Edges, others: Edges[], gap?: number): boolean;
}

// ---- the ground
type GroundKind = GroundTold["kind"];
interface GroundLayer extends GroundTold { features: number[][][][] }
interface GroundName { name: string; kind: GroundKind; at: number[][] }
interface Ground {
  addLand(view: MapView): void;
  addLines(view: MapView): void;
  named(map: LeafletMap): GroundName[];
  entries(): Entry[];
  symbol(kind: GroundKind | "unknown"): SVGSVGElement;
}

// ---- maps
type LineKind = "districts" | "pockets" | "network";
type Pane = "context" | "villages" | "ground" | "districts" | "network" | "pockets" | "hover" | "selection";
interface Canvas { node: HTMLCanvasElement; pen: Pen; place: CanvasPlace | null }
interface CanvasPlace extends Frame { follow(node: HTMLCanvasElement): void }
interface Canvases {
  map: LeafletMap;
  front: Canvas;
  redraw(options?: { first?: boolean }): void;
  sharpen(sharp: number | null): void;
  empty(): void;
}
interface CanvasesConstructor {
  new (
    map: LeafletMap,
    pane: HTMLElement,
    options: { name: string; margin: number; steps: (pen: Pen, place: CanvasPlace) => Steps },
  ): Canvases;
  draw(pen: Pen): void;
}
interface PaintingOwner {
  map: LeafletMap;
  layer: ShownLayer;
  state: State;
  lines: Partial<Record<LineKind, boolean>>;
}
interface MapView {
  map: LeafletMap;
  layer: ShownLayer;
  lines: Partial<Record<LineKind, boolean>>;
  homeZoom: number;
  painting?: Canvases;
  placer: Placer;
  graticule: LayerGroup;
  drawing(pane: Pane, style?: PathOptions): any;
  show(layer: ShownLayer): void;
  restyle(): void;
  select: OnRow;
  highlight: OnRow;
  drawNames(): void;
  drawAround(): void;
  toggle(kind: string, shown: boolean): void;
  drawn(pane: string): HTMLCanvasElement | SVGElement | null;
  remove(): void;
  home(): void;
  hasSize(): boolean;
}
interface MapViewOptions {
  layer: ShownLayer;
  state: State;
  first?: boolean;
  onSelect: OnRow;
  onHover: OnRow;
}
interface Comparison {
  view: MapView | null;
  show(layer: ShownLayer): void;
  redraw(): void;
  close(): void;
}
interface ComparisonConstructor {
  new (
    main: MapView,
    state: State,
    actions: { onSelect: OnRow; onHover: OnRow; onResize: () => void },
  ): Comparison;
  choices(layer: ShownLayer): { value: string; label: string }[];
}

// ---- legend
interface Entry {
  fill?: string;
  evidence?: string;
  kind?: GroundKind | "unknown";
  label: string;
  count: number | null;
}

// ---- houses
interface HouseTable {
  count: number;
  east: Int32Array;
  north: Int32Array;
  deprived: Uint32Array;
  served: Uint32Array;
  village: Uint16Array;
  first: number[];
  serialOf(row: number): string;
  unmet(row: number): number;
  bits(mask: number): number[];
  poor(row: number): boolean;
  group(row: number): string;
  photo(row: number): string | null;
  place(row: number): Place;
}
type HouseKind = "unmet" | "met" | "none";
interface Disc extends At { homes: number; id?: number; row?: number; r: number }
interface HouseLayer {
  index: Supercluster | null;
  marked: number | null;
  singleFrom: number;
  show(rows: Iterable<number>): void;
  hide(): void;
  image(sharp: number): Attributes;
  mark(row: number | null): void;
  hits(point: Point): (Disc & { far: number })[];
  settle(): void;
  origin(): Point;
  circles(): Edges[];
  opensAt(id: number): number;
}
interface HouseLayerConstructor {
  new (map: LeafletMap, houses: HouseTable): HouseLayer;
  COLORS: Record<HouseKind, string>;
  REACH: number;
  SINGLE_FROM: number;
}
interface HousesSwitch {
  villageChanged(): void;
  close(): void;
  image(sharp: number): Attributes | null;
}

// ---- modules
interface Sibangkit {
  bytesOf(packed: PackedNumbers | PackedTopology | PackedGround | Houses): Uint8Array;
  readerOf(packed: PackedNumbers | PackedTopology | PackedGround): Reader;
  stepsFrom(packed: PackedNumbers, own: (number | null)[], decimals: number, columns: number): (number | null)[][];
  data: ShownPage;
  english: boolean;
  source: { page: string; scripts: number };
  byId<K extends keyof Elements>(id: K): Elements[K];
  byId(id: string): HTMLElement & { checked: boolean };
  text(key: string, values?: Record<string, Value>): string;
  number(value: number, decimals?: number): string;
  withUnit(value: number | null | undefined, layer: ShownLayer): string;
  element<K extends keyof HTMLElementTagNameMap>(
    tag: K, options?: Attributes, children?: (Node | string)[],
  ): HTMLElementTagNameMap[K];
  svg<K extends keyof SVGElementTagNameMap>(
    tag: K, attributes?: Attributes, content?: string | null,
  ): SVGElementTagNameMap[K];
  patterns(): SVGDefsElement;
  HATCHES: Record<string, string>;
  fillStaticTexts(): void;
  plain(words: string): string;
  shorten(words: string, most: number): string;
  say(words: string): void;
  save(name: string, blob: Blob): void;

  language: { again(): void; setUp(address: (english: boolean) => string): void; foreign(...words: (string | string[])[]): "id" | null };
  values: {
    fillOf(layer: ShownLayer, row: number): string;
    valueText(layer: ShownLayer, row: number): string;
    countText(layer: ShownLayer, row: number): string;
    classLabel(layer: ShownLayer, row: number): string;
    districtName(row: number): string;
    isThin(layer: ShownLayer, row: number): boolean;
    hasValue(layer: ShownLayer, row: number): boolean;
    known<T>(value: T | null | undefined): value is T;
    ranked(layer: ShownLayer, holds: (row: number) => boolean): { row: number; rank: number }[];
    rankOf(layer: ShownLayer, row: number): { rank: number; all: number };
    outstanding(row: number, most: number): { layer: ShownLayer; gap: number }[];
    trendOf(layer: ShownLayer): (number | null)[][] | null;
    layerByKey(key: string | null): ShownLayer | null;
  };
  filter: {
    holds(state: Chosen, row: number): boolean;
    rows(state: Chosen): number[];
    read(words: string | null): Filter | null;
    written(filter: Filter | null): string | null;
    told(filter: Filter): string;
    result(state: State): string;
    chosen(): number[] | null;
    show(state: State): void;
    fill(filter: Filter | null): void;
    setUp(state: State, onChange: (filter: Filter | null) => void): void;
    numberIn(typed: string): number | null;
  };
  histogram(layer: ShownLayer, row: number | null): SVGSVGElement | null;
  areas: {
    set(codes: string[]): void;
    codes(): string[];
    button(code: string): HTMLButtonElement;
    setUp(onChange: () => void): void;
  };
  area: {
    show(state: State, actions: { onPocket(place: Pocket | WideArea): void; onClose(): void }): void;
  };
  setUpCursor(
    view: MapView,
    page: { state: State; onSelect: OnRow; onHover: OnRow; onMove(): void },
  ): void;
  geometry: Sketch;
  mosaic: Mosaic;
  ground: Ground;
  slices: {
    start(key: object, steps: Iterator<unknown>, options?: { first?: boolean }): void;
    finish(key?: object | null): void;
    drop(key: object | undefined): boolean;
  };
  letters: {
    HALO: number;
    STYLE: Record<LetterKind, LetterStyle>;
    shapesOf(name: string, style: LetterStyle): Shape[];
    boxAt<S extends Size>(shape: S, x: number, y: number): S & At & Edges;
    overlaps(a: Edges, b: Edges, gap?: number): boolean;
    segmentHits(from: At, to: At, box: Edges): boolean;
  };
  picture: { NEIGHBOR: number; Picture: new () => Picture };
  namePainter: NamePainter;
  groundNames: { placeGround(this: GroundPlacer, done: Label[]): void };
  labels: { Placer: new (map: LeafletMap, world: World) => Placer };
  networkLines(view: MapView): import("leaflet").Polyline;
  Canvases: CanvasesConstructor;
  // only on pages that show many villages
  Painting?: new (owner: PaintingOwner, pane: HTMLElement) => Canvases;
  MapView: new (id: string, options: MapViewOptions) => MapView;
  drawGraticule(view: MapView): void;
  legend: {
    show(layer: ShownLayer, options?: { suffix?: string; side?: string }): void;
    mark(layer: ShownLayer, selected: number | null): void;
    entries(layer: ShownLayer, options: { pockets: boolean }): Entry[];
    unitLine(layer: ShownLayer): string;
    row(entry: Entry): HTMLLIElement;
  };
  detail: {
    show(row: number | null, shown: ShownLayer[], onClose: () => void): void;
    showUnmapped(village: UnmappedVillage, onClose: () => void): void;
  };
  ranking: {
    show(
      state: State,
      actions: { onSelect(row: number): void; onHover: OnRow; onMore(): void },
    ): void;
    highlight: OnRow;
  };
  results: {
    show(onPocket: (place: Pocket | WideArea) => void): void;
    list(items: string[], lang?: string | null): HTMLUListElement;
    folded(title: string, build: () => Node[], attributes?: Attributes): HTMLDetailsElement;
    pocketItem(pocket: Pocket, onPocket: (pocket: Pocket) => void): HTMLLIElement;
    wideItem(area: WideArea, onArea: (area: WideArea) => void): HTMLLIElement;
  };
  setUpSearch(on: {
    village: (row: number) => void;
    unmapped: (village: UnmappedVillage) => void;
    district: (index: number) => void;
    pocket: (pocket: Pocket) => void;
  }): void;
  hash: {
    read(): Wish;
    write(state: () => Address): void;
    onChange(apply: (wish: Wish) => void): void;
    address(state: Address): string;
  };
  Comparison: ComparisonConstructor;
  readCoordinate(typed: string): Place | null;
  setUpTools(
    view: MapView,
    page: { state: State; onHome(): void; onSelect(row: number): void; onMove(): void },
  ): { close(): void; say(words: string): void };
  csv: {
    download(state: State): void;
    downloadAll(state: State): void;
    saveTable(name: string, rows: (string | number | null | undefined)[][]): void;
    headOf(layer: ShownLayer): string;
    fileName(state: State, ending: string): string;
  };
  poster: {
    download(state: State, views: MapView[], houses: HousesSwitch | null): Promise<void>;
  };
  dialogs: {
    open(id: "help" | "honesty" | "areas", title: string, build: () => Node[], options?: { anew?: boolean }): void;
    help(): void;
    honesty(): void;
  };
  setUpPrint(page: {
    isHome(): boolean;
    view: MapView;
    fit(bounds: LatLngBounds): void;
    home(): void;
    resized(): void;
  }): { active(): boolean };
  fillPage(frame: HTMLElement): void;
  unpackHouses(): Promise<HouseTable>;
  HouseLayer: HouseLayerConstructor;
  // only on pages that show houses
  setUpHouses?(
    view: MapView,
    page: { state: State; onVillage(row: number): void; onOpen(): void },
  ): HousesSwitch;

  // for scripts beside the page, as the browser tests use it
  map: LeafletMap;
  select(code: string): boolean;
  showLayer(key: string): boolean;
  reset(): void;
  compare(key: string | null): void;
}

interface Window {
  sibangkit: Sibangkit;
  L: Leaflet;
  topojson: TopojsonClient;
  Supercluster: SuperclusterConstructor;
  // of a page that was locked: shows it anew without asking for the password
  reopen?(): void;
  translator(pairs: string[]): (words: string) => Translated;
}
// a sentence of the English catalogue, cut at its slots
interface Sentence {
  pieces: string[]; slots: string[]; english: string; weight: number;
}
interface Translated {
  text: string; found: boolean; left: boolean;
}
// a text of a plain page and how it is changed
interface Spot {
  owner: Element | null; words: string; put(words: string): void;
}
// what a locked page holds
interface Sealed {
  kind: string; rounds: number; salt: string; nonce: string; content: string;
  texts: Record<string, Record<string, string>>;
  names: Record<string, [string, string]>;
}

// what is asked of an event or a place of the page, the page's own template answers
type Asked<E extends Event> = E & { target: any };
interface HTMLElement {
  addEventListener(
    type: "click" | "mousemove" | "mousedown",
    listener: (event: Asked<MouseEvent>) => unknown,
    options?: boolean,
  ): void;
  addEventListener(type: "keydown", listener: (event: Asked<KeyboardEvent>) => unknown): void;
  cloneNode(deep?: boolean): HTMLElement;
  addEventListener(type: "change", listener: (event: Asked<Event>) => unknown): void;
}
interface SVGElement {
  // an SVG holds elements only, as the pages write it
  readonly firstChild: SVGElement;
}
interface Document {
  getElementById<K extends keyof Elements>(id: K): Elements[K];
}
interface ParentNode {
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}
interface Element {
  closest(selectors: string): HTMLElement | null;
  setAttribute(name: string, value: string | number): void;
}
interface CSSRule {
  readonly selectorText?: string;
}

// the four classes as their own methods see them: fields that Object.assign sets are not seen
interface CanvasesInside extends Canvases {
  pane: HTMLElement;
  margin: number;
  sharp: number | null;
  back: Canvas;
  steps(pen: Pen, place: CanvasPlace): Steps;
  all(): Steps;
  follow(): void;
  placeAt(corner: Point, size: Point): CanvasPlace;
  clear(canvas: Canvas, size: Point): void;
}
interface ComparisonInside extends Comparison {
  main: MapView;
  state: State;
  busy?: boolean;
  onSelect: OnRow;
  onHover: OnRow;
  onResize(): void;
  follow?: () => void;
  open(layer: ShownLayer): void;
  sync(from: LeafletMap, to: LeafletMap): void;
  captions(layer: ShownLayer): void;
}
interface HouseLayerInside extends HouseLayer {
  map: LeafletMap;
  houses: HouseTable;
  canvases: Canvases;
  drawn: Disc[];
  font: string;
  redraw(): void;
  points(pen: Pen, drawn: Disc[]): Steps;
  clusters(pen: Pen, drawn: Disc[]): Steps;
  discs(pen: Pen, drawn: Disc[]): Steps;
}
interface MapViewInside extends MapView {
  keepTooltipsInside(): void;
  state: State;
  onSelect: OnRow;
  onHover: OnRow;
  renderers: Record<string, any>;
  layerOf: any[];
  network?: import("leaflet").Polyline;
  styleOf(row: number): PathOptions;
  tooltip(row: number): HTMLElement;
}
