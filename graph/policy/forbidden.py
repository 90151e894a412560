"""What no rule about people may go by, and the names under which it would come.

An allow-list decides (`graph/policy/eligibility.py`); this only finds the reason that its owner is told.
"""

import re
import unicodedata

# reason -> words of Latin letters (whole words of a name), parts of Chinese names
_NAMES = {
    "sex": (
        "sex sexes gender genders male males female females man men woman women boy boys girl girls "
        "lady ladies",
        "性别 男 女",
    ),
    "looks": (
        "look looks appearance beauty beautiful attractive attractiveness face photo photos height "
        "weight figure bmi",
        "颜值 外貌 长相 容貌 身高 体重 身材 照片",
    ),
    "credit": (
        "credit sesame zhima score scores rating debt debts loan loans overdue",
        "信用 芝麻 征信 额度 信誉 评分 分数 负债 贷款 逾期",
    ),
    "income": (
        "income incomes salary salaries wage wages wealth wealthy rich asset assets balance worth",
        "收入 工资 薪 资产 财富 存款 余额 身家",
    ),
    "spending": (
        "spend spends spending spent amount amounts consumption price prices expense expenses "
        "basket money revenue",
        "消费 金额 花费 支出 客单价 花钱",
    ),
    "age": (
        "age ages aged birth birthday birthdate birthyear born young old generation teen teens "
        "senior seniors elderly",
        "年龄 年纪 岁 生日 出生 年轻 老人 老年 青年",
    ),
    "origin, belief, health or family": (
        "ethnic ethnicity race nationality hukou religion religious faith political politics party "
        "health disability pregnant pregnancy marital married single children",
        "民族 种族 国籍 籍贯 户口 宗教 信仰 政治 党 健康 残疾 怀孕 婚 单身",
    ),
}
_WORDS = {reason: frozenset(latin.split()) for reason, (latin, _) in _NAMES.items()}
_PARTS = {reason: tuple(chinese.split()) for reason, (_, chinese) in _NAMES.items()}


def forbidden_reason(name: str) -> str | None:
    """What a rule of this name would go by, such as `sex`; None when that cannot be told."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", unicodedata.normalize("NFKC", name)).casefold()
    words = set(re.findall(r"[a-z]+", spaced))
    for reason in _NAMES:
        if words & _WORDS[reason] or any(part in spaced for part in _PARTS[reason]):
            return reason
    return None
