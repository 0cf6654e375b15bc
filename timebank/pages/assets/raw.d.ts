// A file as its text: for tests that read the vectors.
declare module "*?raw" {
  const text: string;
  export default text;
}
