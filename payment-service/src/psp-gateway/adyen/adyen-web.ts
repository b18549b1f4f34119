import type { ClientFields } from '@fincore/api-contract/answers'

/** The places where Adyen Web can run, as its `environment` names them; each has hosts of its own. */
export const adyenWebEnvironments = ['test', 'live', 'live-us', 'live-au', 'live-apse', 'live-in', 'live-nea'] as const
export type AdyenWebEnvironment = (typeof adyenWebEnvironments)[number]

/** A release of Adyen Web: its script never changes, and the release notes publish its hash. */
export const adyenWebVersionPattern = /^6\.\d{1,3}\.\d{1,3}$/
export const adyenWebIntegrityPattern = /^sha384-[A-Za-z0-9+/]{64}$/

/**
 * Adyen's card fields, drawn by Adyen Web in the shopper's browser. The hosts are those that Adyen Web itself derives
 * from the environment: script, texts and pictures from the CDN, the card's frames from the API's host.
 *
 * @param script version and hash as Adyen's release notes publish them ("Web Components/Drop-in"): an operator's
 *   settings and not ours, because a hash is worth something only when it comes from Adyen
 */
export function describeAdyenFields(account: {
  clientKey: string
  environment: AdyenWebEnvironment
  script: { version: string; integrity: string }
}): ClientFields {
  const { clientKey, environment, script } = account
  const cdn = `https://checkoutshopper-${environment}.cdn.adyen.com`
  const api = `https://checkoutshopper-${environment}.adyen.com`
  const scriptUrl = `${cdn}/checkoutshopper/sdk/${script.version}/adyen.js`
  return {
    kind: 'adyen',
    client_key: clientKey,
    environment,
    script_url: scriptUrl,
    script_integrity: script.integrity,
    content_security_policy: {
      script_src: [scriptUrl],
      frame_src: [api],
      connect_src: [api, cdn, `https://checkoutanalytics-${environment}.adyen.com`],
      img_src: [cdn],
    },
  }
}

/** The same, drawn by a stand-in of development, which publishes no hash. */
export function describeStandInFields(account: { clientKey: string; pagesUrl: string }): ClientFields {
  const { clientKey, pagesUrl } = account
  const scriptUrl = `${pagesUrl}/adyen-web/adyen.js`
  return {
    kind: 'adyen',
    client_key: clientKey,
    environment: 'test',
    script_url: scriptUrl,
    script_integrity: null,
    content_security_policy: {
      script_src: [scriptUrl],
      frame_src: [pagesUrl],
      connect_src: [pagesUrl],
      img_src: [pagesUrl],
    },
  }
}
