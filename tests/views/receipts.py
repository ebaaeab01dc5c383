"""What tests ask of a receipt."""

from django.urls import reverse


def compare(client, receipt):
    answer = client.post(reverse("logbook:receipt-compare", args=[receipt.uid]))
    assert answer.status_code == 200
    return answer.context["compared"]
