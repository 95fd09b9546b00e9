import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0004_link_recipient")]

    operations = [
        migrations.AddField(
            model_name="waitingentry",
            name="link",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="bookings.privatelink",
            ),
        ),
    ]
