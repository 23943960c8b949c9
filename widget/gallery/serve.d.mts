// Types of serve.mjs.
export function serveGallery(port?: number): Promise<{ address: string; size: number; stop: () => void }>;
