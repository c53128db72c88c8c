/** The order of names for people: n2 before n10. */
export const byName = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
