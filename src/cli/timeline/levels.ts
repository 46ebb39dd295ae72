/** What a thing takes up from left to right. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Levels on which things stand without touching each other. */
export interface Levels {
  /** The first of the levels with room, counted from 0; undefined where none has. */
  readonly put: (extent: Extent) => number | undefined;
}

/** `most` empty levels, on which things stand at least `apart` from one another. */
export const emptyLevels = (most: number, apart: number): Levels => {
  const levels: Extent[][] = Array.from({ length: most }, () => []);
  return {
    put: (extent) => {
      const level = levels.findIndex((taken) =>
        taken.every(({ from, to }) => extent.to + apart <= from || to + apart <= extent.from),
      );
      levels[level]?.push(extent);
      return level === -1 ? undefined : level;
    },
  };
};

/** The levels of things, put one after the other. */
export const levelsOf = (
  extents: readonly Extent[],
  most: number,
  apart: number,
): readonly (number | undefined)[] => extents.map(emptyLevels(most, apart).put);

/** How many levels are in use. */
export const depthOf = (levels: readonly (number | undefined)[]): number =>
  levels.reduce<number>((most, level = -1) => Math.max(most, level + 1), 0);
