"""Imported files in words: their headings, templates and reports, and why a row is faulty."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from schedules.errors import Malformed, Refusal
from timebank.actions.imports.columns import COLUMNS, NEEDED, Kind
from timebank.actions.imports.runs import Line
from timebank.actions.imports.values import Fault
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import LANGUAGES, Language, _, say

KINDS: dict[Kind, str] = {
    "members": _("Members"),
    "balances": _("Opening balances"),
    "records": _("Past service"),
}
HEADS: dict[str, str] = {
    "number": _("Volunteer number"),
    "old_number": _("Old number"),
    "phone": _("Phone number"),
    "name": _("Name"),
    "door": _("Door"),
    "relative": _("Relative (phone or old number)"),
    "chosen_language": _("Language"),
    "sex": _("Sex"),
    "born_on": _("Date of birth"),
    "skills": _("Skills"),
    "staff_note": _("Note for staff"),
    "points": _("Points"),
    "reference": _("Reference"),
    "activity_name": _("Name of the activity"),
    "served_on": _("Date of service"),
    "place": _("Place"),
    "service_content": _("What was done"),
    "service_hours": _("Hours of service"),
    "service_minutes": _("Minutes of service"),
    "organising_unit": _("Organising unit"),
    "person_in_charge": _("Person in charge"),
    "vouched_by": _("Vouched for by"),
}
ALIASES = {
    "number": "编号 志愿者编号 会员编号 memberno memberid",
    "old_number": "原编号 原号 旧编号 卡号 旧卡号 cardno oldid",
    "phone": "手机 电话 手机号码 联系电话 联系方式 mobile tel telephone",
    "name": "名字 成员姓名 志愿者姓名 fullname",
    "door": "门牌 门牌号 住址 地址 楼栋门牌 房号 address doornumber",
    "relative": "亲属 家属 relative",
    "chosen_language": "语种",
    "born_on": "生日 出生年月日 birthday dateofbirth",
    "skills": "专业技能 特长 skill",
    "staff_note": "备注 说明 note remark",
    "points": "分值 积分数 积分余额 余额 时间币 balance",
    "reference": "凭证号 单号 ref",
    "activity_name": "活动 项目名称 activity",
    "served_on": "日期 活动日期 date",
    "place": "地点 活动地点 location",
    "service_content": "内容 content",
    "service_hours": "小时 时长小时 服务时长小时 hours",
    "service_minutes": "分钟 时长分钟 服务时长分钟 minutes",
    "organising_unit": "组织单位 活动组织单位 主办单位 organisation",
    "person_in_charge": "负责人 活动负责人 leader",
    "vouched_by": "证明人 经办人 voucher",
}
"""Other headings that people write, in either language: data, not words of ours."""
EXAMPLES: dict[Kind, dict[str, str]] = {
    "members": {
        "name": "李秀英",
        "phone": "13800138000",
        "door": "3-201",
        "old_number": "0007",
        "relative": "0012",
        "chosen_language": "中文",
        "sex": "女",
        "born_on": "1955-03-08",
        "skills": "理发、量血压",
        "staff_note": "",
    },
    "balances": {"old_number": "0007", "name": "李秀英", "points": "120.5", "reference": "2024"},
    "records": {
        "old_number": "0007",
        "name": "李秀英",
        "activity_name": "独居老人探访",
        "served_on": "2024-05-04",
        "place": "3号楼",
        "service_content": "陪聊、量血压",
        "service_hours": "1.5",
        "organising_unit": "春晖社区居委会",
        "person_in_charge": "王建国",
        "vouched_by": "王建国",
    },
}
FAULTS = {
    "empty": _("%(column)s is missing."),
    "too_long": _("%(column)s is too long."),
    "formula": _("%(column)s holds a formula. Write its result instead."),
    "no_phone": _("%(column)s is no whole phone number: a mobile number has 11 digits, any other has 7 to 15."),
    "no_number": _("%(column)s is no whole number."),
    "rounded": _("The spreadsheet has cut off the last digits of %(column)s. Make the column text and enter it again."),
    "no_day": _("%(column)s is no day. Write it as 2024-05-04."),
    "not_past": _("%(column)s lies in the future or too far back."),
    "under_age": _("Under fourteen nobody is taken over from a file: a guardian has to agree first."),
    "no_points": _("%(column)s is no amount: more than nothing, with two decimals at most."),
    "no_minutes": _("%(column)s is no length: one minute to 24 hours, such as 1.5 or 1:30."),
    "no_choice": _("%(column)s says something that is not among the choices."),
    "nobody_named": _("The row does not say whom it is about: give a phone, an old number, or the name and the door."),
    "twice": _("Row %(line)s says the same already."),
    "unknown_person": _("Nobody here has this number, phone, or name and door."),
    "two_people": _("Number, phone, or name and door lead to different people."),
    "another_name": _("Somebody of another name has this number or phone here."),
    "another_door": _("The person lives behind another door here."),
    "another_phone": _("The person has another phone number here. Change it on their page."),
    "lives_elsewhere": _("The person lives outside of this community."),
    "has_left": _("The person has left."),
    "holds_role": _("The person holds a role. Change them by hand."),
    "relative_unknown": _("The relative is neither here nor in this file."),
    "relative_faulty": _("The relative stands in row %(line)s, which is faulty."),
    "relative_oneself": _("Nobody is their own relative."),
    "account_closed": _("The account is closed."),
    "own_rows": _("The row is about whoever confirmed the import, or somebody of their household."),
    "another_balance": _("Another amount was taken over for this person, scheme and reference."),
}
VERDICTS = {"new": _("new"), "same": _("already there"), "changed": _("changed"), "faulty": _("faulty")}
OUTCOMES = {
    "made": _("taken over"),
    "changed": _("changed"),
    "nothing": _("left as it was"),
    "failed": _("became faulty meanwhile"),
}
ENDS = {"taken_back": _("taken back"), "kept": _("stays"), "nothing": _("nothing to take back")}
WHY_KEPT = {
    "account_closed": _("The account is closed."),
    "already_spent": _("The points are spent, and the rules take no debts."),
    "changed_since": _("Somebody has changed it since."),
    "forgotten": _("What it was before is no longer known: rows are forgotten after 90 days."),
    "transfer": _("Has had points since."),
    "attendance": _("Has been at an activity since."),
    "signup": _("Has signed up since."),
    "sign_in": _("Has signed in since."),
    "service_record": _("Has hours on record."),
    "role_grant": _("Holds or held a role."),
    "booking": _("Has booked a room since."),
}

KEPT_ELSE = _("Is named elsewhere in the books.")


class NoKnownHeading(Refusal):
    """Headings without which nothing can be read are not there. Facts: field, missing (columns)."""


def _plain(head: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", head)).casefold()


def _known(kind: Kind) -> dict[str, str]:
    """Every heading that we know, in both languages, with its column."""
    found: dict[str, str] = {}
    for column in COLUMNS[kind]:
        words = [column, *ALIASES.get(column, "").split(), *(say(language, HEADS[column]) for language in LANGUAGES)]
        found |= {_plain(word): column for word in words}
    return found


def columns_of(kind: Kind, heads: Sequence[str]) -> list[str | None]:
    """The column that each heading means; None: nobody knows it. Raises NoKnownHeading, Malformed where two mean one."""
    known = _known(kind)
    columns = [known.get(_plain(head)) or known.get(_plain(re.sub(r"[(（].*?[)）]|\*", "", head))) for head in heads]
    named = [column for column in columns if column]
    if len(named) != len(set(named)):
        raise Malformed(field="file", reason="two headings mean one column")
    if missing := [column for column in NEEDED[kind] if column not in named]:
        raise NoKnownHeading(field="file", missing=missing)
    return columns


def template(kind: Kind, language: Language) -> Sheet:
    """Headings in the reader's language and a row as an example."""
    return Sheet(
        title=say(language, KINDS[kind]),
        heads=[say(language, HEADS[column]) for column in COLUMNS[kind]],
        rows=[[EXAMPLES[kind].get(column, "") for column in COLUMNS[kind]]],
    )


def faults_told(faults: Sequence[Fault], language: Language) -> str:
    """Each fault as a sentence."""
    return " ".join(fault_told(fault, language) for fault in faults)


def fault_told(fault: Fault, language: Language) -> str:
    """Why a row cannot be taken over."""
    column = say(language, HEADS[fault.column]) if fault.column in HEADS else ""
    return say(language, FAULTS[fault.code], column=column, line=fault.line)


def kept_told(why: str, language: Language) -> str:
    """Why something was not taken back."""
    return say(language, WHY_KEPT.get(why, KEPT_ELSE)) if why else ""


def whom(line: Line) -> str:
    """The row in a few words: the name, else what it names somebody by; empty once it is forgotten."""
    said = line.said
    return str(said.get("name") or said.get("phone") or said.get("old_number") or said.get("number") or "")


REPORT = (_("Row"), _("Who"), _("What it would do"), _("Why"), _("What it did"), _("What was taken back"), _("Why it stays"))


def report(lines: Sequence[Line], language: Language, title: str) -> Sheet:
    """A line a row of the file."""
    rows: list[list[Cell]] = [
        [
            line.line,
            whom(line),
            say(language, VERDICTS[line.verdict]) if line.verdict else "",
            faults_told(line.faults, language),
            say(language, OUTCOMES[line.outcome]) if line.outcome else "",
            say(language, ENDS[line.undone]) if line.undone else "",
            kept_told(line.kept_for, language),
        ]
        for line in lines
    ]
    return Sheet(title=title, heads=[say(language, head) for head in REPORT], rows=rows)
