// pay.js: the script of client-side-sdk.html
const say = (text) => (document.querySelector('p').textContent = text)
const fincore = await Fincore.load({ api: '{{FINCORE_API_URL}}', publishableKey: '{{FINCORE_PUBLISHABLE_KEY}}' })
const fields = await fincore.mountCardFields(document.querySelector('#card'))
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  event.submitter.disabled = true // until this try has ended, there is no other
  try {
    const token = await fields.tokenize()
    const response = await fetch('/pay', { method: 'POST', body: JSON.stringify(token) })
    const charge = await response.json()
    if (!(await fincore.handleNextAction(charge))) say(charge.message ?? `Your payment is ${charge.status}.`)
    event.submitter.disabled = charge.status !== 'failed'
  } catch (error) {
    // The SDK's own errors have a code, and nothing was sent. Otherwise nobody knows: it may have been paid.
    say(error.code ? error.message : 'Your payment is being confirmed.')
    event.submitter.disabled = !error.code
  }
})
