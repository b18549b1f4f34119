import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = new URL('../../examples/react/', import.meta.url)

/**
 * The React example as a merchant's bundler makes it, in React's development mode, which mounts everything twice.
 *
 * @returns the page and its one script, `/main.js`
 */
export async function bundleExample(settings: {
  api: string
  publishableKey: string
}): Promise<{ page: string; script: string }> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.tsx', folder))],
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
  })
  const page = readFileSync(new URL('index.html', folder), 'utf8')
    .replace('https://pay.example.com', settings.api)
    .replace('pk_…', settings.publishableKey)
  return { page, script: outputFiles[0]?.text ?? '' }
}
