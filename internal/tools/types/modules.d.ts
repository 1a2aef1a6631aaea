// What the bundle makes of a document.
declare module '*.md' {
  /** As it stands. */
  export const text: string;
  /** The addresses of its pictures by those that it names. */
  export const pictures: Record<string, string>;
}
