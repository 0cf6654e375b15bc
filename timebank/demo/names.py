"""Names as people of a generation carry them. Nobody in particular is meant."""

from __future__ import annotations

from random import Random
from typing import Literal

Sex = Literal["female", "male"]

# In the order of how many people carry them; the weight falls with the rank.
SURNAMES = """
王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 彭 曾 肖 田 董
潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白
孟 秦 邱 侯 江 尹 薛 闫 段 雷 龙 黎 史 陶 贺 毛 郝 顾 龚 邵 万 覃 武 钱 戴 严 莫 孔 向 常 汤 康 易 乔 赖
文 施 洪 柳 欧阳 诸葛 上官
"""
SURNAME_WEIGHTS = [1 / (rank + 6) for rank, _ in enumerate(SURNAMES.split())]

# Born before this year -> how girls and boys were named: whole names, and pairs of characters that were put together.
GIVEN: tuple[tuple[int, str, str, tuple[str, str], tuple[str, str]], ...] = (
    (
        1955,
        "秀英 桂英 秀兰 玉兰 桂兰 淑珍 玉英 凤英 素珍 招娣 根娣 金凤 银花 月娥 腊梅 惠英 菊仙 阿妹 水英 杏珍",
        "德明 福生 根生 长生 永福 永康 宝山 宝根 树林 文德 世昌 正荣 福根 洪生 金生 阿大 水根 炳生 荣根 志祥",
        ("秀桂玉淑凤素翠月兰美彩瑞惠雪", "英兰珍芳华梅琴云香娟贞仙"),
        ("德福金根永宝世正文志兴洪国玉", "明生福贵山林华荣祥昌兴海泉"),
    ),
    (
        1970,
        "丽华 建华 爱珍 爱萍 卫红 志红 小红 月琴 丽珍 丽萍 国英 美华 文英 建芳 玉凤 巧云 红 敏 萍 琴",
        "建国 建军 建平 国强 国平 卫东 卫国 志强 志刚 永强 跃进 爱民 和平 新民 援朝 红军 伟民 国庆 荣华 忠良",
        ("爱丽建美国文志玉小巧惠慧亚", "华珍萍芳英琴红玲凤敏娟云"),
        ("建国志永卫新伟忠荣文学家", "国军平强华明民东刚良兴林"),
    ),
    (
        1985,
        "芳 静 敏 丽 燕 艳 娟 霞 红梅 晓燕 海燕 丽娟 春燕 雪梅 莉 玲 洁 晓红 文娟 琼",
        "伟 勇 军 强 磊 斌 涛 波 刚 杰 超 峰 辉 明 海涛 志伟 晓东 建伟 小军 俊",
        ("晓海春雪丽文小玉艳秀", "燕红梅娟霞芳丽玲敏英"),
        ("志晓海建小文永国俊", "伟东涛峰军波强明辉勇"),
    ),
    (
        2002,
        "婷 婷婷 丹 倩 雪 颖 佳 莹 璐 晶 慧 欣 琳 梦 思思 雅婷 佳佳 诗雨 梦洁 晨曦",
        "鹏 浩 宇 凯 俊杰 帅 鑫 晨 阳 旭 健 龙 博 天宇 志鹏 文博 嘉伟 子豪 一鸣 家乐",
        ("佳雅思梦诗雪晓文婉", "婷颖琳怡慧雯洁妮欣"),
        ("志文嘉俊浩天宇子家", "鹏博杰伟豪宇辉轩阳"),
    ),
    (
        9999,
        "欣怡 雨欣 思涵 梓涵 诗涵 可欣 佳怡 梦瑶 语嫣 若曦 一诺 依诺 雨桐 沐瑶 芷若 安然 悦悦 朵朵 书瑶 乐瑶",
        "浩然 子轩 宇轩 梓豪 浩宇 奕辰 沐辰 俊熙 一帆 子墨 睿泽 明轩 皓轩 天佑 辰逸 乐天 嘉树 知行 景行 予安",
        ("欣雨思诗可佳若语依沐书", "怡欣涵桐瑶曦萱琪宁妍"),
        ("子宇浩梓奕俊睿明嘉景", "轩然豪辰宇泽熙航霖阳"),
    ),
)


def surname(rng: Random) -> str:
    return rng.choices(SURNAMES.split(), SURNAME_WEIGHTS)[0]


def given(rng: Random, sex: Sex, born: int) -> str:
    """A given name of the generation born in the year `born`."""
    _, girls, boys, for_girls, for_boys = next(row for row in GIVEN if born < row[0])
    whole, (first, second) = (girls, for_girls) if sex == "female" else (boys, for_boys)
    if rng.random() < 0.35:
        return rng.choice(whole.split())
    one, two = rng.choice(first), rng.choice(second)
    return one + two if one != two else one
