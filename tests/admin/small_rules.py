"""A small set of rules and two agents, which are in order: tests change a word and see what is said to it."""

AGENTS = """
agents:
  - {id: anna, name: Anna, device: PJSIP/1, skills: {sales: 9, german: 5}, queues: [sales]}
  - {id: bilal, name: Bilal, device: PJSIP/2, skills: {sales: 3}, queues: [sales, general]}
"""
ROUTING = """
version: 1
tiers: [gold, standard]
default_tier: standard
default_queue: general
queues:
  sales: {offer_timeout_s: 1.5, wrap_up_s: 0, service_level_s: 20}
  general:
rules:
  - name: first
    when: {tier: gold, dialled: [8001, 0800]}
    route: {queue: sales, priority: 50, skills: {sales: 5}}
  - name: second
    route: {queue: general}
"""
