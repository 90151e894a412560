"""The words of the first page, English and Chinese."""

LANGUAGES = ("en", "zh")

WORDS: dict[str, tuple[str, str]] = {
    "tagline": (
        "Communities found in what people actually do.",
        "从人们真实的生活里，找到值得停留的圈子。",
    ),
    "lead": (
        "Payments become a graph of people, merchants, products and circles; the graph becomes "
        "recommendations, each with its reason.",
        "支付记录汇成人、商户、商品与圈子的图；图再变成推荐，每一条都说得出理由。",
    ),
    "loaded": ("What is loaded", "已载入的数据"),
    "User": ("people", "人"),
    "Merchant": ("merchants", "商户"),
    "Product": ("products", "商品"),
    "Circle": ("circles", "圈子"),
    "payments": ("payments", "笔支付"),
    "try": ("Try a household", "试一户家庭"),
    "nobody_asked": (
        "These households were never asked: they are given consent for the demonstration only. Of real "
        "people nothing personal is shown before they agree.",
        "这些家庭从未被征求过同意：仅为演示之用而视为同意。对真实的人，未经其同意不会有任何个性化内容。",
    ),
    "household": ("Household number", "家庭编号"),
    "show": ("Show circles", "看看圈子"),
    "examples": ("For example", "例如"),
    "for": ("Circles for", "推荐给"),
    "rated": ("score", "得分"),
    "reason_share": ("share of the score", "占得分的比例"),
    "not_personal": ("Not personal", "非个性化"),
    "consent_missing": (
        "this person has not agreed to personal recommendations; these circles are popular",
        "此人尚未同意个性化推荐，以下是受欢迎的圈子",
    ),
    "nothing_known": (
        "nothing is known of this person yet; these circles are popular",
        "对此人尚无了解，以下是受欢迎的圈子",
    ),
    "store_unavailable": (
        "the graph store does not answer; this is the published list",
        "图存储暂时没有应答，这是已发布的列表",
    ),
    "unknown_user": ("There is no such household in this data.", "数据中没有这户家庭。"),
    "failed": ("No answer now", "暂时无法回答"),
    "nothing_fits": ("No circle fits now.", "目前没有合适的圈子。"),
    "quality": ("How good it is", "效果如何"),
    "quality_note": (
        "On memberships held out from training; 1 would be perfect.",
        "在训练时未见过的成员关系上评估；1 为满分。",
    ),
    "method": ("method", "方法"),
    "circles": ("Circles (this service)", "Circles（本服务）"),
    "popularity": ("popularity", "热门"),
    "item-knn": ("co-membership neighbours", "共同成员近邻"),
    "members": ("memberships alone", "仅用成员关系"),
    "version": ("version", "版本"),
    "as_of": ("knows what happened until", "数据截至"),
    "unpromoted": ("not promoted", "未晋升"),
    "promoted": ("promoted", "已晋升"),
    "private": (
        "This service holds real people's data: it answers only with a key, and this page shows nobody.",
        "本服务存有真实用户的数据：仅凭密钥作答，此页不展示任何人。",
    ),
    "no_published_version": (
        "Nothing is published yet: circles train makes the first version.",
        "尚未发布任何版本：运行 circles train 即可得到第一个版本。",
    ),
    "store_missing": ("The graph store does not answer.", "图存储没有应答。"),
    "merchants": ("For merchants", "商户入口"),
    "docs": ("API documentation", "接口文档"),
    "readme": ("README", "说明"),
    "other_language": ("中文", "English"),
    "public_note": (
        "Public research data, served for demonstration; the households are anonymous.",
        "公开研究数据，仅供演示；家庭均为匿名。",
    ),
}


def words_in(language: str) -> dict[str, str]:
    """All words in one of LANGUAGES."""
    at = LANGUAGES.index(language)
    return {name: both[at] for name, both in WORDS.items()}
