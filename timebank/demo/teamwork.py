"""What people can do, which teams they are in, who hosts with the community: through the actions that the pages call."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID

import msgspec

from schedules import needs, sql
from schedules.needs import Needs, RoleNeeds
from timebank.actions.people.groups import add_partner
from timebank.actions.people.skills import add_skill, change_skill, claim_skill, confirm_skill, enter_skill
from timebank.actions.people.teams import add_team, change_team, choose_people, nominate_myself, recommend
from timebank.communities import partners
from timebank.communities.partners import Kind
from timebank.database import transaction
from timebank.demo import moving_in
from timebank.demo.neighbourhood import Neighbourhood
from timebank.demo.progress import Progress
from timebank.demo.staff import Team
from timebank.people import held_skills, skills
from timebank.people.callers import Grant
from timebank.people.skills import Wanted
from timebank.people.teams import Wanted as Aims

FIRST_AID = Wanted(
    name="急救",
    name_en="First aid",
    by_briefing=True,
    way="带上急救证到社区服务站登记，或参加社区组织的急救培训。",
    way_en="Bring your certificate to the community office, or come to a first-aid briefing.",
    months=24,
)
WORDS = {
    "维修": "Repairs",
    "理发": "Haircuts",
    "书法": "Calligraphy",
    "辅导作业": "Homework help",
    "摄影": "Photography",
    "英语": "English",
    "手语": "Sign language",
}
PARTNERS: tuple[tuple[str, str, Kind], ...] = (
    ("柳湾社区卫生服务中心", "Willow Bay health centre", "clinic"),
    ("第二小学", "Second primary school", "school"),
    ("阳光公益协会", "Sunshine association", "charity"),
)
TEAMS, MEMBERS, WAITING = 6, 6, 3
BRIEFING = "请提前十分钟到场，听从负责人安排；过马路走斑马线；身体不适请马上说。"
BRIEFING_EN = "Come ten minutes early and follow whoever leads; use the crossings; say at once if you feel unwell."


async def begin(drawn: Neighbourhood, progress: Progress) -> None:
    """Skills with the way to a confirmation, some of them confirmed; partners; teams with people in them and at the door."""
    rng = Random(f"teams {drawn.seed}")  # noqa: S311 - a seed, not a secret
    progress.stage("Teams and skills", min(TEAMS, len(drawn.teams)))
    await _teach(drawn)
    for name, name_en, kind in PARTNERS:
        await add_partner(moving_in.coordinator(drawn), drawn.tree.top.id, name, name_en, kind, "", drawn.now)
    for team in drawn.teams[:TEAMS]:
        await _gather(drawn, team, rng)
        progress.step(1)


async def _teach(drawn: Neighbourhood) -> None:
    """First aid is confirmed for every second person who claims it; the others wait in the office."""
    by = moving_in.coordinator(drawn)
    known = {skill.name: skill for skill in await skills.known_at([drawn.tree.top.id])}
    for wanted in (FIRST_AID, *(Wanted(name=name, name_en=name_en) for name, name_en in WORDS.items())):
        if wanted.name in known:
            await change_skill(by, known[wanted.name].id, wanted, drawn.now)
        else:
            await add_skill(by, drawn.tree.top.id, wanted, drawn.now)
    until = moving_in.today(drawn) + timedelta(days=400)
    for held in (await held_skills.of_skill(await skill_id(drawn, FIRST_AID.name), [drawn.tree.top.id]))[::2]:
        if held.person_id != by.member_id:
            await confirm_skill(by, held.id, until, drawn.now)
    await _volunteer(drawn)


async def skill_id(drawn: Neighbourhood, name: str) -> UUID:
    """The skill of this name in the catalogue."""
    return next(skill.id for skill in await skills.known_at([drawn.tree.top.id]) if skill.name == name)


async def _volunteer(drawn: Neighbourhood) -> None:
    """The volunteer of the cast has one skill confirmed, one that runs out in twelve days, one that waits for an answer."""
    by, volunteer, day = moving_in.coordinator(drawn), drawn.cast["volunteer"], moving_in.today(drawn)
    before = drawn.now - timedelta(days=3)
    await enter_skill(by, volunteer.id, await skill_id(drawn, "手语"), "", None, before)
    await enter_skill(by, volunteer.id, await skill_id(drawn, FIRST_AID.name), "", day + timedelta(days=12), before)
    await claim_skill(moving_in.acting(volunteer), await skill_id(drawn, "理发"), "年轻时在理发店干过十年。", before)


async def _gather(drawn: Neighbourhood, team: Team, rng: Random) -> None:
    """Most nominate themselves, one is recommended; the community has chosen, and some are waiting."""
    by = moving_in.coordinator(drawn)
    aims, aims_en = f"{team.name.zh}，长期招募热心邻居。", f"{team.name.en}: neighbours who do it together, again and again."
    wanted = Aims(name=team.name.zh, name_en=team.name.en, aims=aims, aims_en=aims_en)
    made = (await add_team(by, team.community.id, wanted, drawn.now)).team_id
    nearby = [each for each in drawn.people.residents if each.phone and team.community.id in each.path]
    crowd = rng.sample(nearby, min(MEMBERS + WAITING, len(nearby)))
    people = list({each.id: each for each in (team.leader, team.deputy, *crowd)}.values())
    for each in people:
        await nominate_myself(moving_in.acting(each), made, "", drawn.now)
    chosen = [each.id for each in people[: MEMBERS + 2]]
    await choose_people(by, made, chosen, True, "", drawn.now)
    await change_team(by, made, msgspec.structs.replace(wanted, leader_id=team.leader.id), drawn.now)
    volunteer = drawn.cast["volunteer"]
    if volunteer.id not in {each.id for each in people} and team is drawn.teams[0]:
        grant = Grant("organiser", team.community.id)
        await recommend(moving_in.acting(team.leader, grant), made, volunteer.id, "她最会跟孩子打交道。", drawn.now)


async def ask(drawn: Neighbourhood) -> None:
    """Of what is to come, one activity lacks people; it has a briefing and a host."""
    row = await sql.row(
        "SELECT a.id, a.organiser_id, "
        "(SELECT r.name FROM session_role r WHERE r.session_id = s.id ORDER BY r.position LIMIT 1) AS role "
        "FROM session s JOIN activity a ON a.id = s.activity_id WHERE a.state = 'published' AND a.is_service "
        "AND s.starts_at > $1::timestamptz + interval '20 hours' AND a.community_id = $2 ORDER BY s.starts_at LIMIT 1",
        drawn.now,
        drawn.tree.communities[0].id,
    )
    if row is None:
        return
    hosts = await partners.known_at([drawn.tree.top.id])
    wanted = Needs(
        roles=(RoleNeeds(role=row["role"], is_lead=True),),
        minimum=30,
        warn_before=3 * 1440,
        briefing=BRIEFING,
        briefing_en=BRIEFING_EN,
        partner_ids=tuple(host.id for host in hosts[:1]),
    )
    async with transaction():
        await needs.keep(row["id"], wanted, row["organiser_id"], drawn.now)
