/** The horizontal extent of a shape. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Levels on which shapes stand without touching. */
export interface Levels {
  /**
   * Places a shape on the first level with room. Returns the level, from 0; `undefined`: no room.
   */
  readonly put: (extent: Extent) => number | undefined;
}

/** `most` empty levels, on which shapes stand at least `apart` apart. */
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

/** The levels of shapes that are placed one after another. */
export const levelsOf = (
  extents: readonly Extent[],
  most: number,
  apart: number,
): readonly (number | undefined)[] => extents.map(emptyLevels(most, apart).put);

/** The number of levels in use. */
export const depthOf = (levels: readonly (number | undefined)[]): number =>
  levels.reduce<number>((most, level = -1) => Math.max(most, level + 1), 0);
