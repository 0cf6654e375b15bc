"""What points buy. Goods that neighbours use and partners give; nothing that is money."""

from __future__ import annotations

import msgspec

from timebank.demo.occasions import Words


class Good(msgspec.Struct, frozen=True):
    """`price` in units of 1/100 point; `picture` is a drawing of rewards.pictures; `stock` is what one place gets.

    `donor` gave it, and says that one is worth `value_fen`, in 1/100 yuan.
    """

    name: Words
    about: Words
    price: int
    picture: str
    stock: int
    category: str = "home"
    donor: Words | None = None
    value_fen: int | None = None


GOODS: tuple[Good, ...] = (
    Good(Words("抽纸一提", "Tissues"), Words("三包装。", "Three boxes."), 100, "tissue", 60),
    Good(Words("香皂两块", "Soap"), Words("桂花香。", "Osmanthus."), 100, "soap", 50),
    Good(Words("笔记本", "Notebook"), Words("社区手绘封面。", "The cover was drawn here."), 100, "notebook", 40, "learning"),
    Good(Words("牙膏", "Toothpaste"), Words("一支。", "One tube."), 150, "toothpaste", 40),
    Good(Words("毛巾", "Towel"), Words("纯棉。", "Cotton."), 200, "towel", 40),
    Good(Words("鸡蛋一板", "Eggs"), Words("三十枚，轻拿轻放。", "Thirty; handle with care."), 300, "eggs", 30, "food"),
    Good(
        Words("理发一次", "A haircut"),
        Words("周三上午，多功能厅。", "Wednesday morning in the hall."),
        200,
        "haircut",
        40,
        "care",
    ),
    Good(Words("绿植一盆", "A pot plant"), Words("花园队扦插。", "Grown by the garden team."), 200, "plant", 24, "learning"),
    Good(Words("茶叶一罐", "Tea"), Words("茉莉花茶。", "Jasmine."), 400, "tea", 20, "food"),
    Good(Words("雨伞", "Umbrella"), Words("印有社区标志。", "With the community's mark."), 400, "umbrella", 20),
    Good(Words("大米五公斤", "Rice, 5 kg"), Words("可送到楼下。", "Can be brought to the door."), 600, "rice", 20, "food"),
    Good(Words("食用油", "Cooking oil"), Words("一点八升。", "1.8 litres."), 600, "oil", 16, "food"),
    Good(Words("保温杯", "Thermos"), Words("五百毫升。", "Half a litre."), 800, "thermos", 12),
    Good(
        Words("邻里礼包", "Neighbours' parcel"),
        Words("共建单位捐赠。", "Given by partners."),
        500,
        "gift",
        10,
        "other",
        Words("博桥便民超市", "Boqiao corner shop"),
        8000,
    ),
)
