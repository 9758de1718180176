// The vendored libraries as the pages use them; Leaflet's own types come from @types/leaflet.
interface Geometry {
  type: "Polygon" | "MultiPolygon" | null;
  id: number;
  // of a Polygon rings, of a MultiPolygon polygons of rings; a ring is a list of arcs
  arcs?: any[];
  properties?: { name: string };
}

interface GeometryCollection {
  type: "GeometryCollection";
  geometries: Geometry[];
}

interface Topology {
  type: "Topology";
  // absent; tells it from a packed one
  data?: undefined;
  transform?: Transform;
  objects: { villages: GeometryCollection; context?: GeometryCollection };
  arcs: [number, number][][];
}

type Wanted = (a: Geometry, b: Geometry) => boolean;
type FeatureCollection = import("geojson").FeatureCollection<
  import("geojson").Polygon | import("geojson").MultiPolygon
>;

interface TopojsonClient {
  feature(topology: Topology, object: GeometryCollection): FeatureCollection;
  merge(topology: Topology, objects: Geometry[]): import("geojson").MultiPolygon;
  mesh(
    topology: Topology,
    object: GeometryCollection,
    wanted?: Wanted,
  ): import("geojson").MultiLineString;
  meshArcs(topology: Topology, object: GeometryCollection, wanted?: Wanted): { arcs: number[][] };
}

interface HousePoint {
  row: number;
  geometry: { coordinates: [number, number] };
  id?: undefined;
  properties?: undefined;
}

interface HouseCluster {
  row?: undefined;
  geometry: { coordinates: [number, number] };
  id: number;
  properties: { point_count: number };
}

interface Supercluster {
  load(points: HousePoint[]): Supercluster;
  getClusters(box: [number, number, number, number], zoom: number): (HousePoint | HouseCluster)[];
  getLeaves(cluster: number, limit?: number): HousePoint[];
  getClusterExpansionZoom(cluster: number): number;
}

interface SuperclusterConstructor {
  new (options: {
    radius: number;
    extent: number;
    maxZoom: number;
    minPoints: number;
  }): Supercluster;
}

