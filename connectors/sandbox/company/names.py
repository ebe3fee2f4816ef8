"""Names of people and companies: plausible, varied, and nobody's in particular."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sandbox.company.dice import Dice


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES = _words("""
Aaron Abigail Adam Aisha Alan Alejandro Alice Amara Amelia Amir Ana Andre Andrea Anika Anna Anthony Arjun Asha Ben
Beatriz Brandon Brian Bridget Caleb Camila Carlos Carmen Caroline Chen Chloe Claire Connor Dana Daniel David Deepa
Diana Diego Dylan Elena Eli Elif Emily Emma Eric Esther Ethan Eva Fatima Felix Fiona Frank Gabriel Grace Greta Hana
Hannah Hassan Heather Helen Henry Hugo Ian Ibrahim Ingrid Isaac Isabel Ivan Jack Jada James Jasmine Javier Jenna Jin
Joan Jonas Jordan Joseph Julia Kai Karen Kate Keisha Kenji Kevin Kofi Kyle Laila Lars Laura Leah Leo Liam Lin Lucas
Lucia Luis Lydia Maeve Malik Marco Maria Marcus Martin Maya Megan Mei Mia Michael Mina Miriam Mohamed Morgan Nadia
Naomi Natalie Nathan Nia Nicole Nikhil Nina Noah Nora Oliver Olivia Omar Oscar Owen Patrick Paul Paula Peter Priya
Quinn Rachel Rafael Raj Rania Rebecca Ricardo Rita Robert Rosa Ruth Ryan Sam Samira Sandra Sara Sean Sofia Stefan
Susan Tamara Tara Theo Thomas Tobias Tomas Tyler Uma Valentina Vera Victor Vivian Wei Wendy William Yara Yasmin Yuki
Yusuf Zara Zoe
""")

LAST_NAMES = _words("""
Abbott Adeyemi Ahmed Ali Alvarez Andersen Archer Bailey Baker Banerjee Barnes Becker Bennett Bergstrom Bianchi
Bishop Blake Boateng Bowen Brandt Brennan Brooks Burke Callahan Cantwell Cardoso Carlson Carter Castillo Chan
Chandra Chavez Cho Clarke Cohen Cole Collins Cooper Costa Craig Cruz Dalton Das Davies Delgado Desai Diaz Dixon
Doyle Dubois Duncan Eriksen Estrada Evans Farrell Ferrari Fischer Fleming Flores Foster Fournier Fraser Fuentes
Garcia Gibson Gomez Gordon Grant Greene Gupta Haas Hale Hansen Harper Hassan Hayes Henderson Herrera Hoffman Holt
Howard Huang Hughes Hunt Ibarra Ito Iyer Jackson Jansen Jensen Johansson Jones Joshi Kang Kapoor Keller Kelly Khan
Kim Klein Knight Kowalski Kumar Lambert Larsen Lawson Lee Lehmann Lewis Lopez Lowe Lund MacKay Malone Marsh Martinez
Mason Mbeki Mehta Mendes Meyer Miller Moreau Morris Moss Mueller Murphy Nair Navarro Nguyen Nielsen Nolan Novak Obi
Ochoa Okafor Olsen Ortega Osborne Owens Park Parsons Patel Pereira Petersen Petrov Pham Porter Powell Price Quintero
Ramirez Rao Reed Reyes Rhodes Rivera Robinson Rojas Romano Rossi Russo Ryan Saito Salazar Sanchez Santos Sato
Schmidt Schneider Shah Sharma Shaw Silva Singh Sloan Sokolov Soto Stein Stevens Suzuki Takeda Tan Tanaka Taylor
Thompson Torres Tran Turner Underwood Vargas Vasquez Vogel Wagner Walsh Wang Weber Webster Wells Whitaker White
Wilson Wong Wright Yamamoto Yang Young Zhang Ziegler Zimmerman
""")

_ROOTS = _words("""
Alder Amber Anchor Apex Arbor Ashford Aspen Atlas Aurora Banner Beacon Birch Blackwood Bluestone Boulder Bramble
Bridge Bright Brook Canyon Cardinal Cascade Cedar Cinder Clearwater Clover Cobalt Compass Copper Coral Crescent
Crown Cypress Dawn Delta Driftwood Eagle Eastgate Echo Elmwood Ember Evergreen Falcon Fern Fieldstone Flint Foothill
Foxglove Garnet Glacier Golden Granite Green Grove Halcyon Harbor Harvest Hawthorn Hazel Heron Highland Hollow
Horizon Indigo Iron Ivy Jasper Juniper Keystone Kingfisher Lakeshore Lantern Larch Laurel Liberty Lighthouse Linden
Lumen Magnolia Maple Marble Meadow Meridian Mesa Millstone Monarch Moss Northwind Oak Obsidian Onyx Orchard Osprey
Pacific Palisade Pebble Peregrine Pine Pioneer Polar Prairie Quarry Quill Raven Redwood Ridge River Rowan Saffron
Sage Sandstone Sequoia Sierra Silver Slate Sparrow Spruce Sterling Stone Summit Sycamore Terra Thistle Timber Topaz
Tundra Valley Vista Walnut Westbrook Willow Windward Wren Yarrow Zenith
""")

_SECONDS = _words("""
bay bell berg bloom bourne bury castle cliff cove crest croft dale den edge fall field ford forge front gate glen
harbor haven heath hill holm hurst land lane light line lock marsh mark mill mont moor peak point port reach ridge
rock run shore side spring star stead stone ton vale view ville wall water way well wick wood works worth yard
""")

_TRADES = {
    "Software": "Software Systems Labs Technologies Digital Data",
    "Manufacturing": "Manufacturing Industries Components Fabrication Machinery Plastics",
    "Healthcare": "Health Medical Clinics Care Diagnostics Therapeutics",
    "Financial Services": "Capital Financial Insurance Advisors Credit Holdings",
    "Retail": "Retail Outfitters Stores Market Goods Home",
    "Logistics": "Logistics Freight Transport Shipping Distribution Supply",
    "Business Services": "Consulting Partners Services Group Staffing Advisory",
    "Education": "Learning Academy Education Institute Schools Training",
    "Energy": "Energy Power Solar Utilities Resources Renewables",
    "Construction": "Construction Builders Engineering Contractors Homes Development",
    "Media": "Media Studios Publishing Broadcasting Creative Entertainment",
    "Food and Beverage": "Foods Beverages Kitchens Farms Bakery Provisions",
}
TRADES = {industry: _words(trades) for industry, trades in _TRADES.items()}


class PersonNames:
    """Draws names of people."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[tuple[str, str]] = set()

    def any(self) -> tuple[str, str]:
        """A first and a last name; two people may share them."""
        return self._dice.pick(FIRST_NAMES), self._dice.pick(LAST_NAMES)

    def unique(self) -> tuple[str, str]:
        """A first and a last name that `unique` has not returned before."""
        while (name := self.any()) in self._taken:
            pass
        self._taken.add(name)
        return name


class CompanyNames:
    """Draws names of companies, each only once."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._taken: set[str] = set()

    def unique(self, industry: str) -> str:
        """A name that has not been drawn before and whose web domain has not either."""
        while True:
            name = f"{self._stem()} {self._dice.pick(TRADES[industry])}"
            domain = web_domain(name)
            if domain not in self._taken:
                self._taken.add(domain)
                return name

    def _stem(self) -> str:
        dice = self._dice
        root = dice.pick(_ROOTS)
        style = dice.random()
        if style < 0.5:
            second = dice.pick(_SECONDS)
            return root if root.lower().endswith(second) else root + second
        if style < 0.7:
            return dice.pick(LAST_NAMES)
        if style < 0.85:
            return f"{dice.pick(LAST_NAMES)} & {dice.pick(LAST_NAMES)}"
        return f"{root} {dice.pick(_SECONDS).capitalize()}"


def web_domain(company: str) -> str:
    """The company's domain, under the top-level domain that nobody can own.

    >>> web_domain("Alder & Moss Freight")
    'alder-moss-freight.example'
    """
    return "-".join(company.lower().replace("&", "").split()) + ".example"
