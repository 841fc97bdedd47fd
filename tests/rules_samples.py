"""A small set of files with one of everything that rules may ask, for the tests of what tries rules out."""

from pathlib import Path

from callcenter.admin.load import Made
from callcenter.settings import load_rules

RULES = """
version: 2
timezone: Europe/Berlin
tiers: [platinum, gold, standard]
default_tier: standard
attributes:
  spend_12m: {type: number, default: 0}
  segment: {type: text, default: "", values: ["", retail, business]}
  since: {type: date, default: 2020-01-01}
  newsletter: {type: flag, default: false}
lists:
  vip_numbers: ["+49301234567"]
conditions:
  office: open('office') and not holiday('office')
hours:
  office:
    holidays: DE-BE
    week: {mon-fri: "08:00-18:00"}
    except: {2026-12-24: "08:00-12:00"}
tier_rules:
  - {when: customer.spend_12m >= 50000, tier: platinum}
  - {when: customer.segment == 'business', tier: gold}
entries:
  "8001": {name: Sales line, default: {queue: sales, priority: 20}}
default_queue: general
queues:
  sales: {overflow: {after_s: 300, to: general}}
  support: {closed_to: general}
  general: {}
rules:
  - name: nobody there
    when: not conditions.office
    route: {queue: general, priority: 1}
    set: {text: "We are closed."}
  - name: vip
    when: customer.tier == 'platinum' or contact.caller in lists.vip_numbers
    route:
      queue: support
      priority: 80
      skills: {support: 7}
      prefer: [account_manager, last_agent]
      relax: [{after_s: 60, skills: {support: 3}}]
      overflow: {after_s: 120, to: away}
    set: {tags: [vip, loyal], text: "Greet by name."}
  - name: crowded
    entry: "8001"
    when: queue.sales.waiting > 10 and agents.sales.ready == 0
    route: {queue: general, priority: 5}
"""
AGENTS = """
agents:
  - {id: anna, name: Anna, device: PJSIP/1001, skills: {support: 9}, queues: {sales: 1, support: 2}}
  - {id: bob, name: Bob, device: PJSIP/1002, skills: {support: 4}, queues: [support, general]}
  - {id: carla, name: Carla, device: PJSIP/1003, skills: {support: 8}, queues: [support]}
  - {id: david, name: David, device: PJSIP/1004, queues: [sales, support, general]}
"""
CONFIG = """
agents: agents.yaml
routing: rules
data_dir: data
pbx: {name: main}
"""
SECRET = {"CALLCENTER_PBX__SECRET": "x"}


def write_files(folder: Path, cases: str | None = None, rules: str = RULES) -> Path:
    """Write all the files into an empty folder. Returns the path of the settings."""
    (folder / "rules").mkdir()
    (folder / "rules" / "routing.yaml").write_text(rules)
    (folder / "agents.yaml").write_text(AGENTS)
    config = folder / "callcenter.yaml"
    config.write_text(CONFIG)
    if cases is not None:
        (folder / "rules" / "cases.yaml").write_text(cases)
    return config


def made(config: Path) -> Made:
    read = load_rules(config)
    assert read.made is not None, "\n".join(map(str, read.mistakes))
    return read.made
