import type { ServedFile, ServedPage } from '@fincore/api-contract/served-pages'
import { type DocPage, table } from '../doc-page.ts'
import { type Site, sites } from './page-manifest.ts'

/** `docs/pci/scripts.md`: the manifest of all that browsers load from us. */
export function describeScripts(): DocPage {
  return {
    path: 'docs/pci/scripts.md',
    source: 'the tables of served pages, gathered in dev/src/pci/page-manifest.ts',
    title: 'Scripts and styles of the pages',
    text: [
      'What each page loads, why, and who authorised it (PCI DSS 6.4.3). The hashes are made from the files, stand in the pages’ tags',
      'as `integrity`, and a browser runs nothing else: each policy lists these addresses alone. No page has a script in its text.',
      '',
      'A test opens every page in a real Chromium, compares the text of each script that ran with the hash below, and plants foreign',
      'scripts that must not run: `end-to-end/src/page-scripts.test.ts`.',
      '',
      'To notice tampering with what browsers receive (11.6.1), run this at least every week from outside your network, and alarm when it fails:',
      '',
      '```sh',
      'npm run pci:check-pages -- https://pay.example.com/docs https://pay.example.com/s/…   # a payment link of your own; looking does not use it up',
      '```',
      '',
      'It fetches each page and all that it loads, and compares headers, tags and contents with this manifest. Run it from the version that is deployed.',
      'FinCore takes no reports from browsers: they come from anybody, so they prove nothing, and their door would have to be open to all.',
      'On pages where cards are typed (the PSP’s, and merchants’ pages with embedded fields) 11.6.1 is the PSP’s and the merchant’s duty.',
      '',
      ...sites.map(describeSite),
    ].join('\n'),
  }
}

function describeSite({ name, about, authorisedBy, pages }: Site): string {
  const files = [...new Set<ServedFile>(pages.flatMap((page) => page.files))]
  return [
    `## ${name}`,
    '',
    about,
    '',
    table(
      ['Page', 'Addresses', 'Loads'],
      pages.map((page) => [
        `**${page.name}**: ${page.shows}`,
        page.addresses.map((address) => `\`${address}\``).join(' '),
        listLoaded(page),
      ]),
    ),
    '',
    table(
      ['File', 'Kind', 'Why', 'SRI hash'],
      files.map((file) => [`\`${addressOf(file)}\``, file.kind, file.why, `\`${file.integrity}\``]),
    ),
    '',
    `Authorised by: ${authorisedBy}`,
    '',
  ].join('\n')
}

function addressOf({ origin = '', path }: ServedFile): string {
  return origin + path
}

function listLoaded({ files, inlineStyle }: ServedPage): string {
  const names = files.map((file) => `\`${addressOf(file)}\``)
  return [
    ...names,
    ...(inlineStyle === undefined ? [] : ['nothing; its style stands in the page, allowed by its hash']),
  ].join(' ')
}
