const webAddress = 'an absolute http or https address, such as https://shop.example/thanks'
const sha256 = 'a SHA-256 digest: 64 hexadecimal digits in lower case'
const time = 'a time as in RFC 3339, such as 2026-11-23T12:00:00Z'

/** What the fields look like whose schema says it by a pattern, which nobody should have to read. */
export const fieldForms: Readonly<Record<string, string>> = {
  currency: 'an ISO 4217 code in capitals, such as EUR',
  success_url: webAddress,
  cancel_url: webAddress,
  return_url: webAddress,
  url: webAddress,
  locale: 'a language, such as de or de-AT',
  customer_email: 'an e-mail address',
  psp_account: 'the id of a PSP account: pspa_ and 26 letters and digits',
  charge: 'the id of a charge: ch_ and 26 letters and digits',
  token: 'a token that @fincore/browser gave you: 1 to 10000 characters without spaces',
  limit: 'a whole number from 1 to 100',
  older_than_seconds: 'a whole number of seconds',
  evidence_sha256: sha256,
  certificate_fingerprints: sha256,
  since: time,
  until: time,
}
