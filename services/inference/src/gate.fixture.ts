/** A promise that a test resolves when it wants: it orders what happens without waiting for time. */
export function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
