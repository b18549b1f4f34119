import type { FastifyInstance } from 'fastify'
import { html } from '../../html.ts'
import { decideChallenge } from '../payments/challenge.ts'
import type { World } from '../world.ts'
import { pages } from './files.ts'
import { renderBar, renderMessage, renderPage, sendPage } from './layout.ts'
import { formatMoney } from './money.ts'

const path = '/checkoutshopper/threeDS/redirect'

/** The bank's page of a redirect: the shopper confirms or does not, and goes back with a `redirectResult`. */
export function registerChallengePage(app: FastifyInstance, world: World): void {
  const find = (query: unknown) => world.challenges.get(String((query as { MD?: string }).MD))

  app.get(path, async (request, reply) => {
    const challenge = find(request.query)
    if (!challenge)
      return sendPage(
        reply,
        404,
        renderMessage({ title: 'No such payment', text: 'Go back to the shop and try again.' }),
      )
    const { payment, secret } = challenge
    const money = formatMoney(payment.amount)
    const page = renderPage({
      served: pages.challenge,
      title: 'Confirm your payment',
      className: 'single',
      body: html`${renderBar('3-D Secure')}
<main class="card">
  <h1>Confirm your payment</h1>
  <p>${payment.account.name} asks for ${money} from your card ending in ${payment.card.summary}.</p>
  <form method="post" action="${path}?MD=${secret}">
    <button class="button" id="confirm" name="decision" value="confirm" type="submit">Confirm</button>
    <button class="button other" id="fail" name="decision" value="fail" type="submit">This was not me</button>
  </form>
</main>`,
    })
    return sendPage(reply, 200, page)
  })

  app.post(path, async (request, reply) => {
    const challenge = find(request.query)
    const { decision } = (request.body ?? {}) as { decision?: string }
    if (!challenge || (decision !== 'confirm' && decision !== 'fail'))
      return sendPage(
        reply,
        404,
        renderMessage({ title: 'No such payment', text: 'Go back to the shop and try again.' }),
      )
    return reply.redirect(decideChallenge(challenge, decision === 'confirm'), 303)
  })
}
