import type { ServedPage } from '@fincore/api-contract/served-pages'
import { pages as shopPages } from '@fincore/demo-shop/pages/served-pages'
import { docsPage, referencePage } from '@fincore/payment-service/http/docs/assets'
import { messagePage, payPage } from '@fincore/payment-service/http/link/assets'
import { pages as sandboxPages } from '@fincore/psp-sandbox/pages/assets'

/** A server of ours that shows pages to browsers. */
export type Site = {
  name: 'payment-service' | 'psp-sandbox' | 'demo-shop'
  about: string
  /** Who authorised its scripts, and how (PCI DSS 6.4.3). */
  authorisedBy: string
  pages: readonly ServedPage[]
}

/** Every page that FinCore serves, with all that it loads. */
export const sites: readonly Site[] = [
  {
    name: 'payment-service',
    about: 'The payment link and the documentation. No card is typed here: the link leads to the PSP’s page.',
    authorisedBy:
      'The maintainers, by reviewing the change that brought the script; the operator, by deploying the version.',
    pages: [payPage, messagePage, referencePage, docsPage],
  },
  {
    name: 'psp-sandbox',
    about: 'The PSP of development and tests. Production refuses it, so no real card is typed here.',
    authorisedBy: 'The maintainers, by reviewing the change that brought the script.',
    pages: Object.values(sandboxPages),
  },
  {
    name: 'demo-shop',
    about: 'A merchant, as one would be written, with the SDK as a merchant serves it. Not a part of a deployment.',
    authorisedBy:
      'The maintainers, by reviewing the change that brought the script. A merchant authorises the SDK for its own pages.',
    pages: Object.values(shopPages),
  },
]

/** The pages that an address may show: one address of a payment link has several, by its state. */
export function findPages(path: string): { site: Site; page: ServedPage }[] {
  return sites.flatMap((site) =>
    site.pages.filter((page) => page.addresses.some((address) => fits(address, path))).map((page) => ({ site, page })),
  )
}

function fits(address: string, path: string): boolean {
  const pattern = address
    .replaceAll(/[.]/g, '\\.')
    .replaceAll(/\{\w+\}/g, '[^/]+')
    .replace(/\*$/, '.*')
  return new RegExp(`^${pattern}$`).test(path)
}
