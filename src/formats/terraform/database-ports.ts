// The port that an RDS engine listens on where nobody chooses one. (Amazon RDS user guide, "Settings for DB instances",
// and Aurora user guide.)

const ports: readonly (readonly [RegExp, number])[] = [
  [/^(?:aurora-)?postgres/, 5432],
  [/^(?:aurora-mysql|aurora|mysql|mariadb)/, 3306],
  [/^(?:custom-)?oracle/, 1521],
  [/^(?:custom-)?sqlserver/, 1433],
  [/^db2/, 50000],
];

/** @example addressedBy("postgres"); // 5432 */
export function addressedBy(engine: string | undefined): number | undefined {
  return engine === undefined ? undefined : ports.find(([name]) => name.test(engine))?.[1];
}
