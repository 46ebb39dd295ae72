// An esbuild plugin: execa, which is imported lazily, stays out of the bundles and is loaded from
// the file beside them.
export const apart = {
  name: 'apart',
  /** @param {import('esbuild').PluginBuild} builder */
  setup(builder) {
    builder.onResolve({ filter: /^execa$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './execa.cjs', external: true } : undefined,
    );
  },
};
