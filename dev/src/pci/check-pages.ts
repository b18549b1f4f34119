/**
 * `npm run pci:check-pages -- <url> …`: compares pages of a running deployment with the manifest (PCI DSS 11.6.1), and
 * exits with 1 when one differs. Addresses of unused payment links may be given: looking at one does not use it up.
 */
import { comparePage } from './compare-page.ts'

async function checkPages(urls: string[]): Promise<number> {
  if (urls.length === 0 || !urls.every((url) => URL.parse(url)?.protocol.startsWith('http'))) {
    console.error('Name the pages: npm run pci:check-pages -- https://pay.example.com/docs https://pay.example.com/s/…')
    return 2
  }
  let differing = 0
  for (const url of urls) {
    // A payment link is a secret, so only its origin is printed.
    const { origin } = new URL(url)
    const finding = await comparePage(url).catch(() => ({ page: null, faults: ['it could not be fetched'] }))
    if (finding.faults.length > 0) differing += 1
    console.log(
      `${finding.faults.length === 0 ? 'as in the manifest' : 'DIFFERS'}  ${origin}  ${finding.page ?? 'unknown page'}`,
    )
    for (const fault of finding.faults) console.log(`    ${fault}`)
  }
  console.log(`${urls.length} pages, ${differing} differ from the manifest.`)
  return differing === 0 ? 0 : 1
}

process.exitCode = await checkPages(process.argv.slice(2))
